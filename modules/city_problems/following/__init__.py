"""Following reports and places, and the answer of who reported."""
