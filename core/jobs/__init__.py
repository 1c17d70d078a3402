"""Work outside a request: a row of the city written with the work that asks for it, then done at least once."""
