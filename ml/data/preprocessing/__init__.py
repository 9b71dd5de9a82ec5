"""Fitted, versioned steps from a table's columns to a matrix of features."""
