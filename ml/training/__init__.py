"""Fitting a system's model on a dataset version."""
