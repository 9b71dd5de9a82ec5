"""``python -m infra.toolchain install [NAME...] | list [--json] | shell``."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys

from infra.toolchain import activation
from infra.toolchain.install import Toolchain
from infra.toolchain.manifest import InstalledTool
from infra.wrappers.errors import InfraError


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.toolchain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    install = commands.add_parser("install", help="install the tools named, or those `make up` needs")
    install.add_argument("names", nargs="*")
    listing = commands.add_parser("list", help="show each tool, its version and where it came from")
    listing.add_argument("--json", action="store_true")
    commands.add_parser("shell", help="print the lines that scripts/activate evaluates")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen, Toolchain.here())
    except InfraError as error:
        sys.stderr.write(f"millrace: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _run(chosen: argparse.Namespace, chain: Toolchain) -> int:
    if chosen.command == "shell":
        sys.stdout.writelines(f"{line}\n" for line in shell_lines(chain))
    elif chosen.command == "install":
        chain.refresh_terraform_configuration()
        _show(list(chain.ensure(chosen.names or None, _told).values()))
    elif chosen.json:
        sys.stdout.write(json.dumps([tool.as_dict() for tool in chain.listing()], indent=2) + "\n")
    else:
        _show(chain.listing())
    return 0


def shell_lines(chain: Toolchain) -> list[str]:
    """Return lines for bash and zsh that set what ``activate`` sets."""
    values = activation.variables(os.environ, chain.home, chain.folder)
    lines = [f"unset {name}" for name in activation.DROPPED]
    return lines + [f"export {name}={shlex.quote(value)}" for name, value in values.items()]


def _told(tool: str, message: str) -> None:
    sys.stderr.write(f"{tool}: {message}\n")


def _show(tools: list[InstalledTool]) -> None:
    for tool in tools:
        sys.stdout.write(f"{tool.name:<28} {tool.version:<10} {tool.source:<15} {tool.origin}\n")


if __name__ == "__main__":
    sys.exit(main())
