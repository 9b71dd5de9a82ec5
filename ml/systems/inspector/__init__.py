"""Defects in images of solar cells: whether, how severe, and where."""
