"""A whole city in one file: written out of one installation, read into an empty one."""
