"""Debian packages, fetched by apt and unpacked without root."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from infra.toolchain import child
from infra.toolchain.errors import SourceFailed
from infra.toolchain.sources.source import FilledSource, Workshop

if TYPE_CHECKING:
    from infra.toolchain.catalogue import Tool

WRAPPER = """\
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$here/lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" exec "$here/lib/{program}" "$@"
"""


class DebianSource(FilledSource):
    """Packages of the machine's own distribution; apt checks them by its signed lists.

    ``members`` says where in the packages each program lies. With ``libraries`` the packages
    bring shared libraries that a program needs, and the program is wrapped to find them.
    """

    kind: Literal["debian"]
    packages: tuple[str, ...]
    members: dict[str, str]
    libraries: bool = False

    def label(self) -> str:
        """Name the source in a message."""
        return f"the Debian package{'s' if len(self.packages) > 1 else ''} {', '.join(self.packages)}"

    def origin(self, tool: Tool, workshop: Workshop) -> str:
        """Tell which packages."""
        return " ".join(self.packages)

    def fill(self, partial: Path, tool: Tool, workshop: Workshop) -> None:
        """Download, unpack, and keep the programs alone."""
        path = workshop.environ.get("PATH")
        for needed in ("apt-get", "dpkg-deb"):
            if shutil.which(needed, path=path) is None:
                raise SourceFailed(f"{needed} is not on this machine")
        root = partial / "root"
        root.mkdir()
        for package in self._download(partial, workshop):
            self._run(["dpkg-deb", "-x", package, root], partial, workshop)
            package.unlink()
        for program in tool.programs:
            self._keep(program, root, partial)
        shutil.rmtree(root)

    def _download(self, partial: Path, workshop: Workshop) -> list[Path]:
        """Use the machine's package lists, or fetch lists of our own where it has none."""
        workshop.report(f"fetching {self.label()}")
        try:
            self._run(["apt-get", "-q", "download", *self.packages], partial, workshop)
        except SourceFailed as first:
            workshop.report("fetching package lists, as the machine's own are missing or too old")
            try:
                options = self._private_lists(partial, workshop)
                self._run(["apt-get", "-q", *options, "download", *self.packages], partial, workshop)
            except SourceFailed as error:
                raise SourceFailed(f"{error} (before: {first}); try `apt-get update` as root") from error
        for private in partial.glob("apt-*"):
            shutil.rmtree(private)
        return list(partial.glob("*.deb"))

    def _private_lists(self, partial: Path, workshop: Workshop) -> list[str]:
        state, cache = partial / "apt-state", partial / "apt-cache"
        (state / "lists" / "partial").mkdir(parents=True)
        (cache / "archives" / "partial").mkdir(parents=True)
        options = ["-o", f"Dir::State={state}", "-o", f"Dir::Cache={cache}"]
        options += [
            "-o",
            "Dir::State::status=/var/lib/dpkg/status",
            "-o",
            "APT::Update::Post-Invoke::=/bin/true",
        ]
        self._run(["apt-get", "-q", *options, "update"], partial, workshop)
        return options

    def _keep(self, program: str, root: Path, partial: Path) -> None:
        source = root / self.members[program]
        if not source.is_file():
            raise SourceFailed(f"{self.members[program]} is not in {', '.join(self.packages)}")
        if not self.libraries:
            source.rename(partial / program)
            return
        folder = partial / "lib"
        folder.mkdir(exist_ok=True)
        for library in root.glob("usr/lib/*/*.so*"):
            library.rename(folder / library.name)
        source.rename(folder / program)
        (partial / program).write_text(WRAPPER.format(program=program))
        (partial / program).chmod(0o755)

    def _run(self, command: list[str | Path], folder: Path, workshop: Workshop) -> None:
        child.run(command, environ=workshop.environ, timeout_s=workshop.limits.package_s, folder=folder)
