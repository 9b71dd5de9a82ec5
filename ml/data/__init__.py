"""Sources, contracts, quarantine and dataset versions."""
