"""What a plan must keep to before it is applied: checkov's checks, our own, and waivers with an end.

``python -m infra.policy PLAN.json`` is the whole of it. ``rules/`` and ``run_checkov.py`` run in
checkov's own environment, everything else in ours.
"""
