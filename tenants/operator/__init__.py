"""The operator's own place on the platform: a tenant of its kind, with one module that no city may have."""
