"""Text with a line for each row, its values divided by commas, semicolons, tabs or bars, as a table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from ml.errors import SourceCorrupted, SourceEmpty

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS: Final = ",;\t|"
HEADER_BYTES: Final = 1 << 20
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def read(content: bytes, name: str) -> pa.Table:
    """Return the rows below the header, every column text; ``name`` is for messages.

    Raises:
        SourceEmpty: there is no byte, or no row below the header.
        SourceCorrupted: it is not UTF-8, not a table, or two columns share a name.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow

    content = content.removeprefix(BYTE_ORDER_MARK)
    names, delimiter = _header(content, name)
    try:
        table = arrow.read_csv(
            pa.BufferReader(content),
            parse_options=arrow.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise _not_a_table(name, " ".join(str(error).split())[:160]) from error
    if not table.num_rows:
        raise SourceEmpty(f"{name} has a header and no row below it; bring rows")
    return table.rename_columns(names)


def _header(content: bytes, name: str) -> tuple[list[str], str]:
    """Return the columns' names and what divides them."""
    if not content.strip():
        raise SourceEmpty(f"{name} is empty; name a CSV file with a header and rows")
    line = content[:HEADER_BYTES].lstrip(b"\r\n").split(b"\n", 1)[0]
    if b"\0" in content[:HEADER_BYTES]:
        raise _not_a_table(name, "it holds bytes that no text has")
    try:
        content.decode()
        text = line.decode().rstrip("\r")
    except UnicodeDecodeError as error:
        raise SourceCorrupted(
            f"{name} is not UTF-8 text (byte {error.start}); write it as UTF-8, for example with "
            "iconv -f latin1 -t utf8"
        ) from error
    delimiter = max(DELIMITERS, key=text.count)
    names = [each.strip() for each in next(csv.reader(io.StringIO(text), delimiter=delimiter), [])]
    if len(names) < 2:
        raise _not_a_table(name, f"its first line names one column, {text[:40]!r}")
    if "" in names:
        raise _not_a_table(name, f"column {names.index('') + 1} of its header has no name")
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise SourceCorrupted(f"{name} names the column(s) {', '.join(twice)} twice; give each its own name")
    return names, delimiter


def _not_a_table(name: str, why: str) -> SourceCorrupted:
    return SourceCorrupted(
        f"{name} is no table ({why}); it needs a header and rows, divided by commas, semicolons, tabs or bars"
    )
