"""Taking a city on: a card of what it is to be, and the steps that make it stand, each of which may be done again."""
