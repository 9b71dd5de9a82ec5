"""The families of models; each turns a weighted history into a score for every item."""
