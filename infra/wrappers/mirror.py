"""A root module's working folder: links to its files, and beside them the files we generate.

Terraform reads backend configuration and import blocks only from the module's own folder.
Writing them into the repository would show up in `git status`, and two environments that use
one root module would read each other's. So Terraform runs in a mirror, in which relative paths
(`../../modules/...`, `path.module`) are what they are in the repository. Folders of modules are
real there: Terraform would follow a link to a folder and name the module by its absolute path.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

CONFIGURATION: Final = ("*.tf", "*.tf.json", "*.tofu", "*.tofu.json")
LOCK_FILE: Final = ".terraform.lock.hcl"
GENERATED_BACKEND: Final = "millrace_override.tf.json"
LEFT_OUT: Final = re.compile(r"^(\.terraform|\.git|.*\.tfstate(\..*)?|.*\.tfplan)$")
_UPWARD: Final = re.compile(r"(?:\.\./)*\.\.(?=[/\"'])")
_SOURCE: Final = re.compile(r"\bsource\"?\s*[=:]\s*\"(\.{1,2}/[^\"]*)\"")


@dataclass(frozen=True)
class Mirror:
    """Which folders of the repository a root module is made of.

    ``modules`` are the folders of the local modules it uses, directly or through others;
    ``base`` is the folder that holds them all.
    """

    root: Path
    modules: tuple[Path, ...]
    base: Path

    @classmethod
    def of(cls, root: Path) -> Self:
        """Find what the root module is made of."""
        found = [root.resolve()]
        # The list grows while it is walked: modules use modules.
        for folder in found:
            found += [source for source in _sources(folder) if source not in found]
        base = Path(os.path.commonpath([_reach(folder) for folder in found]))
        return cls(found[0], tuple(found[1:]), base)

    def place(self, into: Path) -> Path:
        """Return the folder below ``into`` in which Terraform runs."""
        return into / self.root.relative_to(self.base)

    def build(self, into: Path, generated: Mapping[str, Any]) -> Path:
        """Build the mirror anew and return the folder in which Terraform runs.

        ``generated`` maps the name of a file (``*.tf.json``) beside the root's own to what it holds.
        """
        shutil.rmtree(into, ignore_errors=True)
        real = {self.base, *self.modules, self.root}
        real |= {above for folder in tuple(real) for above in folder.parents if self.base in above.parents}
        for folder in sorted(real):
            there = into / folder.relative_to(self.base)
            there.mkdir(mode=0o700, parents=True, exist_ok=True)
            for entry in folder.iterdir():
                hidden = folder == self.root and entry.name in generated
                if entry not in real and not hidden and not LEFT_OUT.match(entry.name):
                    (there / entry.name).symlink_to(entry)
        for name, content in generated.items():
            file = self.place(into) / name
            file.touch(mode=0o600)
            file.write_text(json.dumps(content, indent=2))
        return self.place(into)

    def files(self) -> list[Path]:
        """Return every file of the root and its modules, hidden ones left out, sorted."""
        folders = (self.root, *self.modules)
        return sorted({file for folder in folders for file in folder.rglob("[!.]*") if file.is_file()})


def configuration(folder: Path) -> list[Path]:
    """Return the module's configuration files, sorted."""
    return sorted(file for pattern in CONFIGURATION for file in folder.glob(pattern))


def digest(files: Iterable[Path], *more: str) -> str:
    """Return a digest of files' names and content, and of further texts."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.name}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    for text in more:
        total.update(hashlib.sha256(text.encode()).digest())
    return total.hexdigest()


def _texts(folder: Path) -> list[str]:
    return [file.read_text(errors="replace") for file in configuration(folder)]


def _sources(folder: Path) -> list[Path]:
    """Return the folders of the local modules that this one uses."""
    named = (found.group(1) for text in _texts(folder) for found in _SOURCE.finditer(text))
    return [source for name in named if (source := (folder / name).resolve()).is_dir()]


def _reach(folder: Path) -> Path:
    """Return the folder up to which the module's own files reach with ``../``."""
    reaches = [len(found.group().split("/")) for text in _texts(folder) for found in _UPWARD.finditer(text)]
    height = min(max(reaches, default=0), len(folder.parents))
    return folder.parents[height - 1] if height else folder
