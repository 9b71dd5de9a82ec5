"""The drill: the whole loop proven on a running environment, with what breaks it broken on purpose.

command.py     ``millrace drill``: options, exit codes, what is printed
run.py         one step after another for each system; puts back what was broken
proof.py       what a step hands back, and what it raises
figure.py      the figures with their goals
timeline.py    what happened when, as it is printed and kept
report.py      the HTML report
unfinished.py  what has to be put back, written down before anything is broken

target.py      one system under drill: what serves, its traffic, its windows
questions.py   held-out rows as requests, with what their users say of the answers
load.py        callers in a thread of their own; connection.py is one of them on the wire
variants.py    the serving code, rebuilt or sabotaged (``faults/``), as a release of its own
alerts.py      what Prometheus and Alertmanager say of a system
latency.py     what the gateway adds (``rest.py`` waits until the machine has time for it)
memory.py      what steward and recorder hold; both of these are ``watching.py``

steady, drift, retrain, gate, rollout, sabotage, rollback, kills, log: the steps, in this order
"""
