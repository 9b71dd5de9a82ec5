"""The files of a new system, out of templates: all of them or none."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from scripts.errors import WrongInput
from scripts.places import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES: Final = Path(__file__).parent / "templates"
LAYERS: Final = ("services", "ml")
Kind = Literal["table", "images"]
NAME: Final = re.compile(r"^[a-z][a-z0-9_]{0,39}$")


class SystemFiles:
    """The folders of one system in ``repository``."""

    def __init__(self, name: str, repository: Path = REPOSITORY) -> None:
        self._name = name
        self._repository = repository
        self._folders = {layer: repository / layer / "systems" / name for layer in LAYERS}

    def refuse_taken(self) -> None:
        """Let no name pass that is none, or that is taken.

        Raises:
            WrongInput: with what to do.
        """
        if not NAME.match(self._name):
            raise WrongInput(
                f"{self._name!r} is no name of a system; take a lower-case letter, then up to 39 lower-case "
                "letters, digits and _"
            )
        taken = [folder for folder in self._folders.values() if folder.exists()]
        if taken:
            raise WrongInput(
                f"{taken[0].relative_to(self._repository)} is there already; take another name, or remove it"
            )

    def write(self, kind: Kind, values: Mapping[str, Any]) -> list[Path]:
        """Write the folders of both layers and return them; a failure leaves nothing behind."""
        words = self._name.split("_")
        named = {
            "name": self._name,
            "class_name": "".join(word.capitalize() for word in words),
            "title": " ".join(words).capitalize(),
        }
        with tempfile.TemporaryDirectory(dir=self._repository, prefix=".new-system-") as temporary:
            for layer in LAYERS:
                _render(TEMPLATES / kind / layer, Path(temporary) / layer, named | dict(values))
            return self._move(Path(temporary))

    def _move(self, made: Path) -> list[Path]:
        """Give each folder its name; that of ``ml``, with which the system is there, comes last."""
        moved: list[Path] = []
        try:
            for layer, folder in self._folders.items():
                (made / layer).rename(folder)
                moved.append(folder)
        except OSError as error:
            for folder in moved:
                shutil.rmtree(folder)
            raise WrongInput(
                f"{folder} cannot be written ({error.strerror}); see that nobody else makes this system"
            ) from error
        return [folder.relative_to(self._repository) for folder in moved]


def absolute(origin: str) -> str:
    """Return an address that means the same from everywhere."""
    return origin if urlsplit(origin).scheme == "s3" else str(Path(origin).expanduser().resolve())


def _render(templates: Path, folder: Path, values: dict[str, Any]) -> None:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # What is written is code, and every value of a person's goes through `quoted` or `scripts.system_code`.
    jinja = Environment(  # noqa: S701
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["quoted"] = quoted
    folder.mkdir()
    for path in sorted(templates.glob("*.j2")):
        (folder / path.stem).write_text(jinja.get_template(path.name).render(values))


def quoted(value: Any) -> str:
    """Return a value as JSON, which is YAML too."""
    return json.dumps(value, ensure_ascii=False)
