"""One folder per system, mirroring `ml/systems`."""
