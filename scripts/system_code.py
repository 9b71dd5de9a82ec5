"""What the templates of a new system are filled with; code is laid out as the formatter would."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from scripts.system_files import quoted

if TYPE_CHECKING:
    from ml.images.inference import ImagesFound
    from ml.tables.inference import Inferred
    from ml.tables.table import Column, Table

WIDTH: Final = 110
# Slices of columns with more categories would each hold too few rows.
MOST_SLICES, MOST_VALUES = 5, 8


def of_table(found: Inferred, address: str, content: bytes) -> dict[str, Any]:
    """Return the values of a table's templates."""
    table = found.table
    sliced = [each for each in table.columns if 2 <= len(each.categories) <= MOST_VALUES]
    file = address.rpartition("/")[2]
    return {
        "description": f"Tells {table.target} from {len(table.columns)} other columns of {file}.",
        "rows": found.rows,
        "table": source_of(table),
        "columns": table.columns,
        "classes": table.classes,
        "slices": [each.name for each in sliced[:MOST_SLICES]],
        "address": address,
        "sha256": hashlib.sha256(content).hexdigest(),
        "request": quoted({"row": found.example}),
    }


def of_images(found: ImagesFound, address: str) -> dict[str, Any]:
    """Return the values of the templates of images."""
    classes = found.classes
    return {
        "description": f"Tells {', '.join(classes[:5])}{', ...' * (len(classes) > 5)} from images.",
        "classes": classes,
        "classes_source": _texts(classes, 0, len("CLASSES: Final = ")),
        "address": address,
        "request": quoted({"image": base64.b64encode(found.example).decode()}),
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
