"""``make lint``: every check of the code that needs nothing running, one line each.

All checks run, two at a time, whatever the others find; the exit code is 1 if any failed.
None of them needs the network once tools and providers are there. tflint is left out, and that
is said, where none of its sources serves.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from infra.toolchain.errors import ToolUnavailable
from infra.toolchain.install import activate, ensure
from infra.wrappers.terraform import COLLECT_LATE
from scripts.console import say
from scripts.places import REPOSITORY

PYTHON = ("infra", "ml", "services", "scripts", "pulumi", "ansible/library", "ansible/module_utils")
TERRAFORM = REPOSITORY / "infra" / "terraform"
TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Finding:
    """What one check said; nothing if all is well."""

    name: str
    passed: bool
    output: str
    took_s: float


@dataclass(frozen=True)
class Check:
    """A named check: commands that must all succeed, each in its own folder."""

    name: str
    commands: Callable[[Path], list[tuple[list[str], Path]]]

    def run(self, environ: Mapping[str, str]) -> Finding:
        """Run the commands up to the first that fails."""
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            for command, folder in self.commands(Path(scratch)):
                done = subprocess.run(
                    command, cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S, check=False,
                )  # fmt: skip
                if done.returncode:
                    said = f"$ {' '.join(command)}   (in {folder})\n{done.stdout}"
                    return Finding(self.name, False, said, time.monotonic() - started)
        return Finding(self.name, True, "", time.monotonic() - started)


def plain(name: str, *command: str, folder: Path = REPOSITORY) -> Check:
    """A check of one command in the repository, or in a folder of it."""
    return Check(name, lambda scratch: [(list(command), folder)])


def validation(name: str, folder: str, files: Mapping[str, str]) -> Check:
    """Terraform's own validation of a folder with these files added, in a copy: init writes beside them."""

    def commands(scratch: Path) -> list[tuple[list[str], Path]]:
        copy = scratch / "terraform"
        shutil.copytree(TERRAFORM, copy, ignore=shutil.ignore_patterns(".terraform"))
        for path, content in files.items():
            (copy / path).write_text(content)
        init = ["terraform", "init", "-backend=false", "-input=false", "-no-color"]
        return [(init, copy / folder), (["terraform", "validate", "-no-color"], copy / folder)]

    return Check(f"terraform validate {name}", commands)


def validations() -> list[Check]:
    """Each root with the modules it calls, and one configuration that calls every module's examples.

    A process of Terraform reads all of the provider's schema, so examples are validated together.
    """
    roots = sorted((TERRAFORM / "roots").iterdir())
    examples = sorted((TERRAFORM / "modules").glob("*/examples/*"))
    called = {
        f"{example.parent.parent.name}_{example.name}": {"source": f"./{example.relative_to(TERRAFORM)}"}
        for example in examples
    }
    every = {"examples.tf.json": json.dumps({"module": called})}
    return [
        *(validation(f"roots/{root.name}", f"roots/{root.name}", {}) for root in roots),
        validation(f"{len(examples)} examples", ".", every),
    ]


def tflint() -> list[Check]:
    """The check, or none where the program cannot be had."""
    try:
        ensure(["tflint"], progress=told)
    except ToolUnavailable as error:
        say(f"left out: {error}")
        return []
    config = f"--config={TERRAFORM / '.tflint.hcl'}"
    return [plain("tflint", "tflint", "--recursive", "--no-color", config, folder=TERRAFORM)]


def checks() -> list[Check]:
    """All checks, the slow ones first."""
    sources = [name for name in PYTHON if (REPOSITORY / name).is_dir()]
    return [
        # In its folder, where ansible.cfg names the roles and modules.
        plain("ansible-lint", "ansible-lint", "--offline", "-q", "--nocolor", folder=REPOSITORY / "ansible"),
        plain("mypy", "mypy", *sources),
        plain("checkov", "python", "-m", "infra.policy.modules"),
        *validations(),
        *tflint(),
        plain("ruff check", "ruff", "check", "--quiet", "."),
        plain("ruff format", "ruff", "format", "--check", "--quiet", "."),
        plain("import-linter", "lint-imports", "--no-cache"),
        plain("yamllint", "yamllint", "--strict", "."),
        plain("terraform fmt", "terraform", "fmt", "-check", "-diff", "-recursive", str(TERRAFORM)),
        plain("environment schema", "python", "-m", "scripts.schema", "--check"),
        plain("dashboards", "python", "-m", "scripts.dashboards", "--check"),
        plain("shell syntax", "bash", "-n", ".ci/run", "scripts/activate", "scripts/setup"),
    ]


def told(tool: str, message: str) -> None:
    """Say what is done for a tool."""
    say(f"{tool}: {message}")


def main() -> int:
    """Run all checks, say how each went, and show what the failed ones said."""
    ensure(["terraform", "checkov"], progress=told)
    environ = COLLECT_LATE | activate(os.environ)
    failed: list[Finding] = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in as_completed([pool.submit(check.run, environ) for check in checks()]):
            finding = done.result()
            say(f"{'ok    ' if finding.passed else 'FAILED'} {finding.name} ({finding.took_s:.1f} s)")
            failed += [] if finding.passed else [finding]
    for finding in failed:
        say(f"\n--- {finding.name}\n{finding.output.rstrip()}")
    say(f"\n{len(failed)} of the checks failed" if failed else "all checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
