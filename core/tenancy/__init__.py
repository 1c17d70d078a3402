"""Which city is being served: the context, its one door, and the directory tables behind it."""
