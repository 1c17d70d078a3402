"""Event logs of other systems, read into facts so that the as-is is measured too, and our own written for others."""
