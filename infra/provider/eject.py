"""Leave Pulumi: what bare Terraform needs to go on with a root module where the provider stands.

A stack's export names, for each `TerraformRoot`, the backend and the variables. Written beside
the root module's own files they make bare ``terraform plan`` show no change.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.provider.values import SECRET, SIGNATURE
from infra.wrappers.errors import InfraError

TYPE: Final = "millrace:index:TerraformRoot"
BACKEND_FILE: Final = "backend_override.tf.json"
VARIABLES_FILE: Final = "millrace.auto.tfvars.json"


class CannotEject(InfraError):
    """The export does not hold what is asked for; the message names the remedy."""

    exit_code = 2


@dataclass(frozen=True)
class Ejection:
    """A root module with its backend, its variables and its environment, secrets in clear."""

    root: Path
    binary: str
    backend: dict[str, Any]
    variables: dict[str, Any]
    environment: dict[str, str]

    @property
    def files(self) -> dict[str, str]:
        """Return the files that go beside the root module's own, by name."""
        backend = {"terraform": {"backend": {self.backend["type"]: self.backend.get("config", {})}}}
        return {
            BACKEND_FILE: json.dumps(backend, indent=2) + "\n",
            VARIABLES_FILE: json.dumps(self.variables, indent=2) + "\n",
        }

    @property
    def commands(self) -> list[str]:
        """Return the commands that show no change, once the files lie there."""
        settings = dict(self.environment)
        if workspace := self.backend.get("workspace"):
            settings["TF_WORKSPACE"] = workspace
        exports = [f"export {name}={shlex.quote(value)}" for name, value in sorted(settings.items())]
        folder = shlex.quote(str(self.root))
        return [
            *exports,
            f"{self.binary} -chdir={folder} init -reconfigure -lockfile=readonly",
            f"{self.binary} -chdir={folder} plan -detailed-exitcode",
        ]

    def write(self, folder: Path) -> list[Path]:
        """Write the files (mode 0600: they may hold secrets) and return their paths."""
        written = []
        for name, text in self.files.items():
            file = folder / name
            file.touch(mode=0o600)
            file.chmod(0o600)
            file.write_text(text)
            written.append(file)
        return written

    def __str__(self) -> str:
        parts = [f"# {self.root / name}\n{text}" for name, text in self.files.items()]
        return "\n".join([*parts, "# then\n" + "\n".join(self.commands)])


def eject(export: Mapping[str, Any], name: str) -> Ejection:
    """Return the ejection of one root module out of ``pulumi stack export --show-secrets``.

    Raises:
        CannotEject: there is no such root module, or its secrets are encrypted.
    """
    found = {
        str(resource["urn"]).rpartition("::")[2]: resource
        for resource in export.get("deployment", {}).get("resources", [])
        if resource.get("type") == TYPE
    }
    if name not in found:
        there = ", ".join(sorted(found)) or "none"
        raise CannotEject(f"the stack has no root module {name!r}; it has {there}")
    inputs, outputs = (_clear(found[name].get(part, {}), name) for part in ("inputs", "outputs"))
    if "state_backend" not in outputs:
        raise CannotEject(f"{name} has no state yet; run `pulumi up` first")
    return Ejection(
        root=Path(inputs["root"]).absolute(),
        binary=inputs.get("binary", "terraform"),
        backend=outputs["state_backend"],
        variables=inputs.get("variables", {}),
        environment=inputs.get("environment", {}),
    )


def instructions(export: Mapping[str, Any], name: str = "") -> str:
    """Return what to write and to run for one root module, or for all of the stack's; "" if it has none.

    Raises:
        CannotEject: as `eject`.
    """
    names = [name] if name else root_modules(export)
    return "\n\n".join(str(eject(export, one)) for one in names)


def root_modules(export: Mapping[str, Any]) -> list[str]:
    """Return the names of the stack's root modules."""
    resources = export.get("deployment", {}).get("resources", [])
    return sorted(str(one["urn"]).rpartition("::")[2] for one in resources if one.get("type") == TYPE)


def _clear(value: Any, name: str) -> Any:
    """Return the value with its secrets in clear."""
    if isinstance(value, list):
        return [_clear(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) != SECRET:
        return {key: _clear(item, name) for key, item in value.items()}
    if "plaintext" not in value:
        raise CannotEject(f"the secrets of {name} are encrypted; export with `--show-secrets`")
    return _clear(json.loads(value["plaintext"]), name)
