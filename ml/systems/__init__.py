"""One folder per system: what is particular to it, and nothing that two systems share."""
