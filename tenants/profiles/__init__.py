"""City profiles as data: what a city of this name begins with, and how far it has moved from it since."""
