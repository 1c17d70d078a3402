"""Three versions of one thing made one: a package as it was taken, what the city made of it, the package now."""
