"""A city's settings of a module: one typed declaration, a row where the city differs."""
