"""The provider's resources, typed, for Pulumi programs.

    platform = AnsiblePlaybook("platform", playbook="../ansible/playbooks/platform.yml", variables={...})
    storage = TerraformRoot(
        "storage",
        root="../infra/terraform/roots/storage",
        variables={"endpoint": platform.output("object_store_endpoint")},
    )
    pulumi.export("bucket", storage.output("bucket"))

Relative paths count from the program's folder (the one with ``Pulumi.yaml``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi import Input, Output, ResourceOptions

PLACEHOLDER_OF: Final = "_millrace_placeholder"

__all__ = ["AnsiblePlaybook", "Backend", "EnvironmentDocument", "Playbook", "TerraformRoot"]


@dataclass(frozen=True)
class Backend:
    """Where a root module's state lies: Terraform's backend type, its arguments, the workspace."""

    type: str
    config: Mapping[str, Input[Any]] = field(default_factory=dict)
    workspace: str | None = None


@dataclass(frozen=True)
class Playbook:
    """A playbook with what it is run with; no inventory means this machine."""

    playbook: str | Path
    inventory: str | Path | Mapping[str, Any] | None = None
    variables: Mapping[str, Input[Any]] = field(default_factory=dict)
    environment: Mapping[str, Input[str]] = field(default_factory=dict)


class _Yielding(pulumi.CustomResource):
    """A resource whose outputs are the inputs of others."""

    outputs: Output[dict[str, Any]]
    secret_outputs: Output[dict[str, Any]]
    output_placeholders: Output[dict[str, Any]]

    def output(self, name: str, *keys: str) -> Output[Any]:
        """Return one output that is no secret, or what ``keys`` lead to in it (nothing, if it is null).

        While it is unknown, previews of resources that take it plan on its placeholder.
        """
        return self._one("outputs", name, keys)

    def secret_output(self, name: str, *keys: str) -> Output[Any]:
        """Return one secret output (Terraform: ``sensitive = true``)."""
        return self._one("secret_outputs", name, keys)

    def _one(self, group: str, name: str, keys: tuple[str, ...]) -> Output[Any]:
        values: Output[dict[str, Any]] = pulumi.get(self, group)
        both = Output.all(values, self.output_placeholders)
        chosen = both.apply(
            lambda found: _within(_pick(found[0], name, self._name, found[1]), keys), run_with_unknowns=True
        )
        placeholders = self.output_placeholders.apply(lambda found: _within((found or {}).get(name), keys))
        vars(chosen)[PLACEHOLDER_OF] = placeholders
        return chosen


class TerraformRoot(_Yielding):
    """A Terraform root module, with its state in its own backend.

    Args:
        root: the module's folder. A ``placeholders.json`` in it gives, by output name, what
            previews of other resources use while the output is unknown.
        variables: its variables; any may be an output of another resource, or a secret.
        backend: where its state lies; by default a private file below the state folder.
        folder: private, ignored folder for data, plans and journal; by default
            ``$MILLRACE_HOME/<stack>/terraform/<name>``.
        environment: environment variables for Terraform (credentials, endpoints).
        protected: addresses (``module.store``, ``aws_s3_bucket.data["x"]``) that no plan may
            delete or replace; one covers all that lies below it.
        placeholders: by variable, what to plan with while the variable is unknown, for
            values that are not plainly another resource's ``output(...)``.
        checks: commands that must end with 0 before a plan is applied; the path of the plan
            as JSON is added as last argument.
        endpoint: ``http://host:port`` that Terraform talks to; while it refuses connections
            nothing is read or planned, and nothing is reported deleted.
        start: the playbook that starts the endpoint, run by destroy when it is stopped.
        destroy_variables: variables applied before destroy (``force_destroy``), only when the
            environment variable ``MILLRACE_DESTROY`` names the stack; so are protected
            addresses destroyed.
        binary: terraform or tofu, a name or a path.
        timeout_s: how long one run of Terraform may take.
    """

    addresses: Output[list[str]]
    drift: Output[dict[str, str]]
    state_backend: Output[dict[str, Any]]

    def __init__(
        self,
        resource_name: str,
        *,
        root: str | Path,
        variables: Mapping[str, Input[Any]] | None = None,
        backend: Backend | None = None,
        folder: str | Path | None = None,
        environment: Mapping[str, Input[str]] | None = None,
        protected: Sequence[str] = (),
        placeholders: Mapping[str, Input[Any]] | None = None,
        checks: Sequence[Sequence[str]] = (),
        endpoint: Input[str] | None = None,
        start: Playbook | None = None,
        destroy_variables: Mapping[str, Any] | None = None,
        binary: str = "terraform",
        timeout_s: float = 3600.0,
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "root": str(root),
            "variables": dict(variables or {}),
            "backend": _fields(backend),
            "folder": _text(folder),
            "environment": dict(environment or {}),
            "protected": list(protected),
            "placeholders": _placeholders(variables or {}) | dict(placeholders or {}),
            "checks": [list(command) for command in checks],
            "endpoint": endpoint,
            "start": _fields(start),
            "destroy_variables": dict(destroy_variables or {}),
            "binary": binary,
            "timeout_s": timeout_s,
        }
        made = ("outputs", "secret_outputs", "output_placeholders", "addresses", "drift", "state_backend")
        _register(self, "TerraformRoot", resource_name, inputs, made, opts)


class AnsiblePlaybook(_Yielding):
    """An Ansible playbook. What it sets with `set_stats` are its outputs.

    Args:
        playbook: the playbook; the nearest ``ansible.cfg`` above it is used.
        inventory: a path, or a mapping in Ansible's YAML form; by default this machine.
        variables: extra variables; any may be an output of another resource, or a secret.
        environment: environment variables for Ansible.
        digest: of the code that runs; by default of all files beside the ``ansible.cfg``.
        teardown: the playbook that destroy runs, with the same inventory and variables;
            without one destroy leaves the hosts as they are, and previews say so.
        placeholders: by variable, what to check with while the variable is unknown.
            A ``<playbook>.placeholders.json`` beside the playbook gives, by output name,
            what other resources' previews use while an output is unknown.
        timeout_s: how long one run may take.
    """

    drift: Output[list[str]]
    skipped_by_check: Output[int]
    on_destroy: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        playbook: str | Path,
        inventory: str | Path | Mapping[str, Any] | None = None,
        variables: Mapping[str, Input[Any]] | None = None,
        environment: Mapping[str, Input[str]] | None = None,
        digest: Input[str] | None = None,
        teardown: str | Path | None = None,
        placeholders: Mapping[str, Input[Any]] | None = None,
        timeout_s: float = 1800.0,
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "playbook": str(playbook),
            "inventory": _text(inventory) if isinstance(inventory, Path) else inventory,
            "variables": dict(variables or {}),
            "environment": dict(environment or {}),
            "digest": digest,
            "teardown": _text(teardown),
            "placeholders": _placeholders(variables or {}) | dict(placeholders or {}),
            "timeout_s": timeout_s,
        }
        made = ("outputs", "secret_outputs", "output_placeholders", "drift", "skipped_by_check", "on_destroy")
        _register(self, "AnsiblePlaybook", resource_name, inputs, made, opts)


class EnvironmentDocument(pulumi.CustomResource):
    """The environment's outputs, as a file and, if asked, as an object.

    Args:
        document: the document; it must fit ``environment.schema.json``.
        path: the file (mode 0644, replaced at once); one of this and the next, or both.
        object_address: ``s3://bucket/key`` where it lies for other machines.
        environment: ``AWS_ENDPOINT_URL``, ``AWS_REGION``, ``AWS_ACCESS_KEY_ID`` and
            ``AWS_SECRET_ACCESS_KEY`` for that object; by default the machine's own.
    """

    content_digest: Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        document: Mapping[str, Input[Any]],
        path: str | Path | None = None,
        object_address: Input[str] | None = None,
        environment: Mapping[str, Input[str]] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        inputs = {
            "document": dict(document),
            "path": _text(path),
            "object_address": object_address,
            "environment": dict(environment or {}),
        }
        _register(self, "EnvironmentDocument", resource_name, inputs, ("content_digest",), opts)


def _register(
    resource: pulumi.CustomResource,
    kind: str,
    name: str,
    inputs: Mapping[str, Any],
    made: Sequence[str],
    opts: ResourceOptions | None,
) -> None:
    given = {key: value for key, value in inputs.items() if value is not None}
    pulumi.CustomResource.__init__(
        resource, f"millrace:index:{kind}", name, {**dict.fromkeys(made), **given}, opts
    )


def _pick(found: Any, name: str, resource: str, declared: Any) -> Any:
    if isinstance(found, Mapping) and name in found:
        return found[name]
    if isinstance(found, Mapping) and found and isinstance(declared, Mapping) and name in declared:
        # Terraform leaves out an output that is null.
        return None
    if pulumi.runtime.is_dry_run() or not isinstance(found, Mapping):
        return pulumi.runtime.rpc.UNKNOWN
    names = ", ".join(found) or "none"
    raise KeyError(f"{resource} has no output {name!r} (it has {names}); a secret one is a secret_output")


def _within(value: Any, keys: Sequence[str]) -> Any:
    """Follow keys into a value; what is unknown or null is so further down."""
    for key in keys:
        if not isinstance(value, Mapping):
            return value
        value = value[key]
    return value


def _placeholders(variables: Mapping[str, Input[Any]]) -> dict[str, Input[Any]]:
    """Gather the placeholders of outputs that are used, in the places where they are used."""
    found = {name: _placeholder(value) for name, value in variables.items()}
    return {name: value for name, value in found.items() if value is not None}


def _placeholder(value: Input[Any]) -> Input[Any]:
    if isinstance(value, Output):
        return vars(value).get(PLACEHOLDER_OF)
    if isinstance(value, Mapping):
        return _placeholders(value) or None
    if isinstance(value, (list, tuple)):
        items = [_placeholder(item) for item in value]
        return items if any(item is not None for item in items) else None
    return None


def _fields(part: Backend | Playbook | None) -> dict[str, Any] | None:
    if part is None:
        return None
    values = {each.name: getattr(part, each.name) for each in fields(part)}
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in values.items()
        if value is not None
    }


def _text(path: str | Path | None) -> str | None:
    return None if path is None else str(path)
