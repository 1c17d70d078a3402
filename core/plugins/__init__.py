"""What a plug-in may contribute, how it is found, and the gate in front of all of it."""
