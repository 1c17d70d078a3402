"""A request that is sent twice is done once: its key commits with the work, and its answer is told again."""
