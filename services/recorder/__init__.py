"""From the spools of all releases over the event bus into Delta tables.

    spool segments --ship--> JetStream --land--> Delta tables `predictions` and `feedback`

Each arrow is at least once. Shipping again within the bus's window of duplicates is undone by
the message id; landing writes the stream's position in the same commit as the rows, so a row
of the stream lands once.
"""
