"""The web's doors: from host name to city, from cookie or token to principal, health, files."""
