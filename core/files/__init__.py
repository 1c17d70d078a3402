"""Uploaded files: stored once by content, images without their metadata."""
