"""What the world looked like when a model was trained, and how far it has moved."""
