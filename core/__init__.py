"""The kernel every module stands on; it knows no module, no tenant by name, no GraphQL."""
