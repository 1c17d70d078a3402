"""What the reports of a city add up to, without a person in it."""
