"""Inspections of images of solar cells."""
