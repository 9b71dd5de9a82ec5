"""Ask a program for its version and hold it to the pinned range."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from infra.toolchain import child
from infra.toolchain.errors import SourceFailed

if TYPE_CHECKING:
    from infra.toolchain.catalogue import Tool
    from infra.toolchain.sources.source import Workshop

QUIET = {
    "CHECKPOINT_DISABLE": "1",
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "GOTOOLCHAIN": "local",
    "TF_CLI_CONFIG_FILE": "/dev/null",
}


def probed_version(tool: Tool, programs: Mapping[str, Path], workshop: Workshop) -> str:
    """Run the tool's first program and return the version that it tells.

    Raises:
        SourceFailed: it does not run, tells no version, or one outside of the range.
    """
    program = programs[tool.programs[0]]
    if tool.probe is None:
        raise SourceFailed(f"{tool.name} has no probe in tools.toml")
    output = child.run(
        [program, *tool.probe.arguments],
        environ={**workshop.environ, **QUIET},
        timeout_s=workshop.limits.probe_s,
        may_fail=True,
    )
    version = tool.read_version(output)
    if version is None:
        said = output.strip().splitlines()
        raise SourceFailed(f"{program} tells no version (it says: {said[0] if said else 'nothing'})")
    if not tool.admits(version):
        raise SourceFailed(f"{program} is {version}, wanted {tool.range}")
    return version
