"""The programs that are not Python packages: pinned in ``tools.toml``, installed without root.

``install.py`` is what others call; ``sources/`` has one file for each kind of source.
"""
