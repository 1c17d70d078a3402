"""Open311 GeoReport v2: reports for other systems, and from them."""
