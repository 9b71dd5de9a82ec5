"""The files of a new system, out of templates: all of them or none."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from scripts.errors import WrongInput
from scripts.places import REPOSITORY

if TYPE_CHECKING:
    from ml.tables.inference import Inferred
    from ml.tables.table import Column, Table

TEMPLATES: Final = Path(__file__).parent / "templates"
LAYERS: Final = ("services", "ml")
WIDTH: Final = 110
# Slices of columns with more categories would each hold too few rows.
MOST_SLICES, MOST_VALUES = 5, 8
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

    def write(self, found: Inferred, address: str, content: bytes) -> list[Path]:
        """Write the folders of both layers and return them; a failure leaves nothing behind."""
        values = _values(self._name, found, address, content)
        with tempfile.TemporaryDirectory(dir=self._repository, prefix=".new-system-") as temporary:
            for layer in LAYERS:
                _render(TEMPLATES / "table" / layer, Path(temporary) / layer, values)
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

    # What is written is code, and every value of a person's goes through `quoted` or `source_of`.
    jinja = Environment(  # noqa: S701
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["quoted"] = _quoted
    folder.mkdir()
    for path in sorted(templates.glob("*.j2")):
        (folder / path.stem).write_text(jinja.get_template(path.name).render(values))


def _values(name: str, found: Inferred, address: str, content: bytes) -> dict[str, Any]:
    words = name.split("_")
    table = found.table
    sliced = [each for each in table.columns if 2 <= len(each.categories) <= MOST_VALUES]
    file = address.rpartition("/")[2]
    return {
        "name": name,
        "class_name": "".join(word.capitalize() for word in words),
        "title": " ".join(words).capitalize(),
        "description": f"Tells {table.target} from {len(table.columns)} other columns of {file}.",
        "rows": found.rows,
        "table": source_of(table),
        "columns": table.columns,
        "classes": table.classes,
        "slices": [each.name for each in sliced[:MOST_SLICES]],
        "address": address,
        "sha256": hashlib.sha256(content).hexdigest(),
        "request": _quoted({"row": found.example}),
    }


def source_of(table: Table) -> str:
    """Return a declaration as code, laid out as the formatter would."""
    columns = "".join(f"        {_column(column)},\n" for column in table.columns)
    lines = ["Table(\n    columns=(\n", columns, "    ),\n", f"    target={_text(table.target)},\n"]
    lines.append(f"    classes={_texts(table.classes, 4, len('classes=,'))},\n")
    lines += [
        f"    {role}={_text(value)},\n"
        for role, value in (("group", table.group), ("time", table.time))
        if value is not None
    ]
    lines += ["    balanced=True,\n"] if table.balanced else []
    return "".join([*lines, ")"])


def _column(column: Column) -> str:
    """Return a column on one line, or on one for each of its fields."""
    fields = [f"name={_text(column.name)}"]
    if column.kind == "text":
        flat = ", ".join(map(_text, column.categories)) + ("," if len(column.categories) == 1 else "")
        fields += ['kind="text"', f"categories=({flat})"]
    else:
        fields += [f"low={column.low!r}", f"high={column.high!r}"]
    fields += ["gaps=True"] if column.gaps else []
    line = f"Column({', '.join(fields)})"
    if len(line) + 9 <= WIDTH:
        return line
    if column.kind == "text":
        fields[2] = f"categories={_texts(column.categories, 12, len('categories=,'))}"
    return "Column(\n" + "".join(f"            {each},\n" for each in fields) + "        )"


def _texts(values: tuple[str, ...], indent: int, beside: int) -> str:
    """Return a tuple of texts, one on each line if they do not fit."""
    flat = f"({', '.join(map(_text, values))}{',' if len(values) == 1 else ''})"
    if indent + beside + len(flat) <= WIDTH:
        return flat
    return "(\n" + "".join(f"{' ' * (indent + 4)}{_text(each)},\n" for each in values) + f"{' ' * indent})"


def _text(value: str) -> str:
    """Return a text as code, in double quotes unless that needs more escapes."""
    if '"' in value and "'" not in value:
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7f")


def _quoted(value: Any) -> str:
    """Return a value as JSON, which is YAML too."""
    return json.dumps(value, ensure_ascii=False)
