"""Recommendations of films."""
