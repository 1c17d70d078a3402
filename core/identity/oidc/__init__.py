"""Signing in at an issuer that the city trusts: OpenID Connect, and ESIA's own dialect of it."""
