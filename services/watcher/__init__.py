"""Looks at what the services logged, system by system, and tells Prometheus what it saw.

    prediction log --Watch.look--> records of windows --metrics--> Prometheus --rules--> Alertmanager

What is looked at and found is `ml.drift.watch`; this package is the process that does it again and again.
"""
