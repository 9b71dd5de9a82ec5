"""Texts as data: an embedding by which their drift is seen."""
