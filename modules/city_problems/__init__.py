"""City problems: residents report what is broken in the street, the city mends it and shows the proof."""
