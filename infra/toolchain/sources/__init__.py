"""One file for each kind of source that can serve a tool."""
