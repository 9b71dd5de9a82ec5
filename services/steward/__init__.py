"""The steward: notices, retrains, and asks; the one that starts rollouts.

trigger.py   what set a run off: an alert, a schedule, new labels, a person
policy.py    whether to act on it: pure, with its reasons
run.py       one run from trigger to release, step by step
hands.py     what a run does to the world: count labels, train, release
child.py     a program in a process group of its own, within limits, that ends with the steward
engine.py    durable workflows (DBOS): one run per system, resumed where it was
history.py   every decision and its evidence, in the releases bucket
server.py    HTTP: alerts, requests, approvals, cancels
"""
