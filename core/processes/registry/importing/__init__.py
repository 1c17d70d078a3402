"""The registry out of the tables that a city keeps it in."""
