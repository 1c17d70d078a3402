"""The same problem reported twice: found, offered, joined."""
