"""What a sabotaged release does wrong: one of these is packed beside the endpoint, and installed there."""
