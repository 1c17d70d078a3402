"""The mayor's assignments: written down at a meeting, issued, done, checked, closed by the signed resolution."""
