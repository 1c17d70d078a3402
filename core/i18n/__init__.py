"""Texts for people, in Russian and English: catalogues of the kernel and of every plug-in."""
