"""Install the pinned tools, and say where they are.

``ensure()`` costs a few file look-ups when nothing changed, so every command may call it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from infra.toolchain import activation, terraform_rc
from infra.toolchain.errors import FolderUnusable, SourceFailed, ToolMissing, ToolUnavailable
from infra.toolchain.manifest import InstalledTool, Manifest, Stamp

if TYPE_CHECKING:
    from infra.toolchain.catalogue import Catalogue, Tool
    from infra.toolchain.sources.source import Limits, Workshop

REPOSITORY = Path(__file__).resolve().parents[2]
CATALOGUE = Path(__file__).with_name("tools.toml")
MODULES = Path(__file__).with_name("go")
LOCKS = Path(__file__).with_name("locks")

Progress = Callable[[str, str], None]


def _ignored(tool: str, message: str) -> None:
    """Take progress that nobody wants to see."""


@dataclass(frozen=True)
class Toolchain:
    """One tools folder, the user's cache behind it, and the list that both follow."""

    home: Path
    folder: Path
    cache: Path
    catalogue_path: Path = CATALOGUE
    modules: Path = MODULES
    locks: Path = LOCKS
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    limits: Limits | None = None

    @classmethod
    def here(cls, environ: Mapping[str, str] | None = None) -> Toolchain:
        """The toolchain of this repository, moved by MILLRACE_HOME, MILLRACE_TOOLS, XDG_CACHE_HOME."""
        environ = dict(os.environ if environ is None else environ)
        home = Path(environ.get("MILLRACE_HOME") or REPOSITORY / ".millrace").absolute()
        folder = Path(environ.get("MILLRACE_TOOLS") or home / "tools").absolute()
        user = Path(environ.get("HOME") or Path.home())
        cache = Path(environ.get("XDG_CACHE_HOME") or user / ".cache") / "millrace" / "tools"
        return cls(home, folder, cache, environ=environ)

    @property
    def bin(self) -> Path:
        """The folder of links that comes first on PATH."""
        return self.folder / "bin"

    def ensure(
        self, names: Iterable[str] | None = None, progress: Progress | None = None
    ) -> dict[str, InstalledTool]:
        """Install what is missing of the tools named (none: those that `make up` needs).

        Args:
            names: tools or programs of the list.
            progress: called with a tool's name and what is being done for it.

        Raises:
            ToolUnavailable: no source serves a tool; names each source and why it failed.
            UnknownTool: a name is not in the list.
            FolderUnusable: the tools folder cannot be written.
        """
        wanted = None if names is None else tuple(names)
        manifest = self._manifest()
        held = manifest.in_use(manifest.core if wanted is None else wanted) if manifest else None
        if held is not None:
            return held
        from infra.toolchain.store import locked

        try:
            with locked(self.folder / ".lock"):
                return self._install(wanted, progress or _ignored)
        except OSError as error:
            where = error.filename or self.folder
            raise FolderUnusable(
                f"{where} cannot be used ({error.strerror or error}); mend it, or name another folder "
                "in MILLRACE_TOOLS"
            ) from error

    def tool_path(self, name: str) -> Path:
        """Return the path of an installed program.

        Raises:
            ToolMissing: it is not installed.
        """
        path = self.bin / name
        if not path.exists():
            raise ToolMissing(f"{name} is not installed in {self.bin}; run `make tools`")
        return path

    def activate(self, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return a whole environment in which the pinned tools come first."""
        base = self.environ if environ is None else environ
        kept = {name: value for name, value in base.items() if name not in activation.DROPPED}
        return kept | activation.variables(base, self.home, self.folder)

    def listing(self) -> list[InstalledTool]:
        """Return every tool of the list; one that is not installed says so as its source."""
        from infra.toolchain.catalogue import Catalogue

        manifest = self._manifest()
        held = (
            {tool.name: tool for tool in manifest.tools.values() if manifest.holds(tool)} if manifest else {}
        )
        tools = Catalogue.load(self.catalogue_path).tools
        return [held.get(tool.name) or _absent(tool) for tool in tools]

    def refresh_terraform_configuration(self) -> None:
        """Look for a provider mirror again and write Terraform's configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / "terraform.rc.new"
        temporary.write_text(terraform_rc.render(self.environ))
        temporary.replace(self.folder / "terraform.rc")

    def _manifest(self) -> Manifest | None:
        """The manifest, if it follows the list as it is now."""
        manifest = Manifest.load(self.folder / "manifest.json")
        return manifest if manifest is not None and manifest.digest == self._digest() else None

    def _digest(self) -> str:
        digest = hashlib.sha256(self.catalogue_path.read_bytes())
        for path in sorted([*self.modules.glob("*/go.*"), *self.locks.glob("*.lock")]):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def _install(self, wanted: tuple[str, ...] | None, progress: Progress) -> dict[str, InstalledTool]:
        from infra.toolchain.catalogue import Catalogue

        self.refresh_terraform_configuration()
        catalogue = Catalogue.load(self.catalogue_path)
        names = catalogue.group("core") if wanted is None else wanted
        return _Installation(self, catalogue, progress).run([catalogue.tool(name) for name in names])


class _Installation:
    """One run: what a source is given, and the manifest as it grows."""

    def __init__(self, chain: Toolchain, catalogue: Catalogue, progress: Progress) -> None:
        before = chain._manifest()
        self._chain = chain
        self._catalogue = catalogue
        self._progress = progress
        self._tools = dict(before.tools) if before else {}
        self._stamps = dict(before.stamps) if before else {}
        self._silent_hosts: dict[str, str] = {}

    def run(self, tools: list[Tool]) -> dict[str, InstalledTool]:
        """Install the tools, keeping those that came before one that fails."""
        chosen = {}
        for tool in tools:
            known = self._tools.get(tool.name)
            if known is None or not self._snapshot().holds(known):
                self._install(tool)
            chosen[tool.name] = self._tools[tool.name]
        return chosen

    def _install(self, tool: Tool) -> None:
        from infra.toolchain.sources.source import Obtained

        obtained: Obtained | None = None
        refusals: list[str] = []
        workshop = self._workshop(tool)
        for source in tool.sources:
            try:
                obtained = source.obtain(tool, workshop)
                break
            except SourceFailed as error:
                refusals.append(f"{source.label()}: {error}")
                workshop.report(f"{source.label()} cannot serve")
        if obtained is None:
            raise ToolUnavailable(_explained(tool, refusals))
        programs = self._linked(tool, obtained.programs)
        self._tools[tool.name] = InstalledTool(
            tool.name, tool.purpose, tool.group, obtained.version, source.kind, obtained.origin, programs
        )
        self._stamps.update({program: Stamp.of(path) for program, path in programs.items()})
        self._snapshot().save(self._chain.folder / "manifest.json")
        workshop.report(f"{obtained.version} from {source.label()}")

    def _linked(self, tool: Tool, programs: Mapping[str, Path]) -> dict[str, Path]:
        if tool.group == "build":
            return dict(programs)
        self._chain.bin.mkdir(parents=True, exist_ok=True)
        for program, path in programs.items():
            temporary = self._chain.bin / f".{program}.new"
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(path)
            temporary.replace(self._chain.bin / program)
        return {program: self._chain.bin / program for program in programs}

    def _build_tool(self, name: str) -> Path:
        """Give a build its tool, installing that first if need be."""
        tool = self._catalogue.tool(name)
        try:
            found = self.run([tool])[tool.name]
        except ToolUnavailable as error:
            raise SourceFailed(str(error)) from error
        return found.programs[name]

    def _workshop(self, tool: Tool) -> Workshop:
        from infra.toolchain.sources.source import Limits, Workshop
        from infra.toolchain.store import Store

        chain = self._chain
        return Workshop(
            store=Store(chain.cache),
            environ=chain.environ,
            modules=chain.modules,
            locks=chain.locks,
            own=tuple(folder.resolve() for folder in (chain.bin, _environment_scripts())),
            report=lambda message: self._progress(tool.name, message),
            build_tool=self._build_tool,
            limits=chain.limits or Limits(),
            silent_hosts=self._silent_hosts,
        )

    def _snapshot(self) -> Manifest:
        order = [tool.name for tool in self._catalogue.tools if tool.name in self._tools]
        tools = {name: self._tools[name] for name in order}
        return Manifest(self._chain._digest(), self._catalogue.group("core"), tools, self._stamps)


def _environment_scripts() -> Path:
    import sysconfig

    return Path(sysconfig.get_path("scripts"))


def _absent(tool: Tool) -> InstalledTool:
    return InstalledTool(tool.name, tool.purpose, tool.group, tool.version or "", "not installed", "", {})


def _explained(tool: Tool, refusals: list[str]) -> str:
    tried = "".join(f"\n  {number}. {refusal}" for number, refusal in enumerate(refusals, 1))
    return (
        f"{tool.name} ({tool.purpose}) cannot be installed; sources tried in order:{tried}\n"
        f"  Put {' and '.join(tool.programs)} ({tool.range or 'as locked'}) on PATH, or mend one of these; "
        "then run `make tools` again."
    )


def ensure(names: Iterable[str] | None = None, progress: Progress | None = None) -> dict[str, InstalledTool]:
    """Install what is missing in this repository's tools folder; see ``Toolchain.ensure``."""
    return Toolchain.here().ensure(names, progress)


def tool_path(name: str) -> Path:
    """Return the path of a program in this repository's tools folder; ``ToolMissing`` if absent."""
    return Toolchain.here().tool_path(name)


def activate(environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``environ`` with the pinned tools first on PATH and the tools' own variables."""
    return Toolchain.here(environ).activate()


def listing() -> list[InstalledTool]:
    """Return every tool of the list with its version, source and path, for `millrace tools`."""
    return Toolchain.here().listing()
