"""Extra questions of a category, and their answers."""
