"""Systems that put images into classes, and the pretrained network that they see with."""
