"""Where raw tables come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Protocol, runtime_checkable

from pydantic import Field, TypeAdapter, ValidationError

from ml.settings import wrong_setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa


def chosen(kinds: Any, settings: Mapping[str, Any], default: str, docs: str) -> Source:
    """Return the source that a pipeline's settings name by ``kind``: a pydantic model, or one of a union.

    Raises:
        WrongInput: a setting is wrong; ``docs`` says what there is.
    """
    kind: Any = kinds if isinstance(kinds, type) else Annotated[kinds, Field(discriminator="kind")]
    adapter: TypeAdapter[Source] = TypeAdapter(kind)
    try:
        return adapter.validate_python({"kind": default, **settings})
    except ValidationError as error:
        raise wrong_setting(error, "source", docs) from error


class Source(Protocol):
    """Raw tables by name; every column is text, row 1 of a table is its first line of data."""

    def fingerprint(self) -> str:
        """Return, without reading the rows, a text that changes when the data does.

        Raises:
            SourceError: it cannot be told.
        """

    def read(self) -> dict[str, pa.Table]:
        """Return all rows.

        Raises:
            SourceUnavailable, SourceCorrupted, SourceEmpty: with what to do.
        """


@runtime_checkable
class ImageSource(Source, Protocol):
    """A source that brings images too: they are stored once each, and described in a table ``images``."""

    def images(self) -> Iterator[tuple[str, bytes]]:
        """Yield each image's name and bytes.

        Raises:
            SourceUnavailable, SourceCorrupted, SourceEmpty: with what to do.
        """
