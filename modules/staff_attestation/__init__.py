"""Attestation of municipal employees: from the yearly schedule to the order on the results."""
