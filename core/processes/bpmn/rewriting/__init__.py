"""The steps by which a drawing becomes something the engine can run; each works on the same copy."""
