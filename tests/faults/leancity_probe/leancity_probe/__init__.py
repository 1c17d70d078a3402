"""Records notes and tells two parties outside of each: one that honours a key and one that can't."""
