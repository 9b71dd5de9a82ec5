"""Models for devices: signed archives that need onnxruntime, numpy and Pillow alone."""
