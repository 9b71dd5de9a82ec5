"""Systems that put rows of a table into classes: all but what is particular to one of them."""
