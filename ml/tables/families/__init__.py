"""Families of models: each is fitted on the same features, and reaches serving through ONNX."""
