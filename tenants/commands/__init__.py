"""The operator's commands about cities, their modules and plans."""
