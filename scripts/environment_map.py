"""``millrace map``: a diagram of an environment, drawn from what its stack holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from infra.provider.eject import TYPE
from scripts.console import say
from scripts.errors import NotRunning
from scripts.places import REPOSITORY, EnvironmentArgument

FOLDER: Final = REPOSITORY / "docs" / "maps"
OURS: Final = "millrace:index:"


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("map")(show)


def show(
    env: EnvironmentArgument = "local",
    write: Annotated[bool, typer.Option("--write", help="Write docs/maps/ENV.md instead.")] = False,
) -> None:
    """Draw an environment as a Mermaid diagram: what it is made of, and what stands on what."""
    from scripts.stack import Stack

    stack = Stack(env, quiet=True)
    if not stack.exists:
        raise NotRunning(f"{env} was never made: run `millrace provision {env}` first")
    drawn = page(env, stack.resources())
    if not write:
        say(drawn)
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{env}.md").write_text(drawn)
    say(f"wrote {FOLDER / f'{env}.md'}")


def page(env: str, resources: Sequence[Mapping[str, Any]]) -> str:
    """Return the page of an environment, from what its stack holds."""
    found = [one for one in resources if one["type"].startswith(OURS)]
    lines = [line for one in found for line in _node(one)]
    lines += sorted(line for one in found for line in _edges(one, {each["urn"] for each in found}))
    drawn = "\n".join(f"    {line}" for line in lines)
    return (
        f"# The environment `{env}`\n\n"
        f"Drawn by `millrace map {env} --write` from its stack; numbers are of Terraform's addresses.\n\n"
        f"```mermaid\nflowchart LR\n{drawn}\n```\n"
    )


def _node(resource: Mapping[str, Any]) -> Iterator[str]:
    name = _name(resource["urn"])
    if resource["type"] != TYPE:
        yield f"{name}[{name}]"
        return
    yield f'subgraph {name}["{name}"]'
    for module, count in sorted(_modules(resource["outputs"].get("addresses", [])).items()):
        yield f'    {name}_{module}["{module}: {count}"]'
    yield "end"


def _modules(addresses: list[str]) -> Counter[str]:
    """Count a root module's addresses by module; its own are its own."""
    names = (
        each.split(".")[1].split("[")[0] if each.startswith("module.") else "itself" for each in addresses
    )
    return Counter(names)


def _edges(resource: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    for urn in sorted(set(resource.get("dependencies", [])) & known):
        yield f"{_name(urn)} --> {_name(resource['urn'])}"


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
