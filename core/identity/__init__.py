"""Users, units, roles, permissions, sessions and tokens."""
