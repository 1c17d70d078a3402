"""Who did what: one row in the transaction of the work itself."""
