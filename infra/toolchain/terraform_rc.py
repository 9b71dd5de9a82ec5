"""Terraform's own configuration: providers from a mirror on this machine, where there is one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

REGISTRY = "registry.terraform.io"
# Where packages and administrators put provider mirrors; searched two folders deep.
ROOTS = ("/usr/share", "/usr/local/share", "/usr/lib", "/usr/local/lib", "/opt", "/srv", "/var/lib")
BLOCK = """\
# Written by `make tools`; it is made anew each time.
provider_installation {{
  filesystem_mirror {{
    path    = "{mirror}"
    include = [{providers}]
  }}
  direct {{
    exclude = [{providers}]
  }}
}}
"""
NO_MIRROR = "# Written by `make tools`: no provider mirror on this machine, so Terraform downloads.\n"


def own_configuration(environ: Mapping[str, str], ours: Path) -> Path | None:
    """Return the person's own Terraform configuration, if there is one: it is left in charge."""
    named = environ.get("TF_CLI_CONFIG_FILE")
    candidate = Path(named) if named else Path(environ.get("HOME", "/")) / ".terraformrc"
    is_ours = candidate.name == ours.name and candidate.parent.name == ours.parent.name
    # access() first: it answers no, not an error, for a folder that may not be entered.
    readable = os.access(candidate, os.R_OK) and candidate.is_file()
    return candidate if readable and not is_ours else None


def render(environ: Mapping[str, str], roots: Iterable[str] = ROOTS) -> str:
    """Return the configuration for this machine."""
    mirror = find_mirror(environ, roots)
    if mirror is None:
        return NO_MIRROR
    providers = ", ".join(f'"{REGISTRY}/{name}"' for name in _providers(mirror))
    return BLOCK.format(mirror=mirror, providers=providers)


def find_mirror(environ: Mapping[str, str], roots: Iterable[str] = ROOTS) -> Path | None:
    """Return the first folder that holds providers for Terraform's registry.

    ``MILLRACE_TERRAFORM_MIRROR`` names one; else the person's plugin folders and ``roots`` are
    looked through.
    """
    named = environ.get("MILLRACE_TERRAFORM_MIRROR")
    home = Path(environ.get("HOME", "/"))
    likely = [Path(named)] if named else []
    likely += [home / ".terraform.d/plugins", home / ".local/share/terraform/plugins"]
    for root in map(Path, roots):
        likely += sorted(root.glob(f"*/{REGISTRY}"))
        likely += sorted(root.glob(f"*/*/{REGISTRY}"))
    for folder in likely:
        mirror = folder.parent if folder.name == REGISTRY else folder
        if os.access(mirror, os.R_OK | os.X_OK) and _providers(mirror):
            return mirror
    return None


def _providers(mirror: Path) -> list[str]:
    found = (mirror / REGISTRY).glob("*/*")
    return sorted(f"{path.parent.name}/{path.name}" for path in found if os.access(path, os.R_OK))
