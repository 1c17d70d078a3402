"""The one case that every service files: number, status, timeline, comments, files, relations, hand-over, inbox."""
