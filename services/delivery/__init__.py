"""Releases: package a model version, run it, route to it, go back."""
