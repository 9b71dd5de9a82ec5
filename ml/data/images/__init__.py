"""Images as data: decoded with limits, checked, found twice, stored once, annotated."""
