"""Data, training, evaluation, gate, registry and drift: a library of jobs."""
