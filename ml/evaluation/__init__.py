"""Figures, their uncertainty, and the report that shows them."""
