"""Films for people: collaborative filtering on MovieLens-100K."""
