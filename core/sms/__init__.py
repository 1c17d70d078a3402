"""Text messages to people, handed to a relay that the operator of the installation runs or rents."""
