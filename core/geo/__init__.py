"""Points and the hexagons (H3) that reports are gathered into."""
