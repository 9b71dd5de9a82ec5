"""Our own rules, as custom checks of checkov: loaded by ``run_checkov.py``, or by checkov itself with
``--external-checks-dir infra/policy/rules``. They import checkov and one another, nothing of ours.
"""
