"""Private data in what people write for everybody."""
