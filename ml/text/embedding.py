"""What a service logs of texts, so that a window of them can be held against a reference.

Fitted on training texts, an embedding knows which words and parts of words go together there (latent
semantic analysis: S. Deerwester et al., Indexing by latent semantic analysis, JASIS 41, 1990). A text of a
new kind keeps little of its length in it, and is like none of those that are known. Words are cut at spaces
alone, and parts of them are known as well, so languages without spaces are taken too.
"""

from __future__ import annotations

import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.embedding import columns
from ml.errors import WrongInput
from ml.evenly import evenly

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Pieces of texts are known by a hash alone: no list of words is kept.
PLACES: Final = 2**13
LETTERS: Final = 3
AXES, LOGGED = 64, 8
KEPT, NEIGHBOUR = 2000, 5


@dataclass(frozen=True)
class TextEmbedding:
    """``weights`` [8192] of pieces, ``axes`` [8192, 64], ``known`` texts [2000, 64]; NumPy suffices here."""

    weights: NDArray[np.float32] = field(repr=False)
    axes: NDArray[np.float32] = field(repr=False)
    known: NDArray[np.float32] = field(repr=False)

    @classmethod
    def fit(cls, texts: Sequence[str]) -> TextEmbedding:
        """Weigh pieces by the inverse of how many texts have them, and find the first singular vectors.

        Raises:
            WrongInput: there are not more texts than vectors.
        """
        from scipy.sparse import csr_array
        from sklearn.decomposition import TruncatedSVD

        if len(texts) <= AXES:
            raise WrongInput(f"{len(texts)} texts are too few to embed; give more than {AXES}")
        found = [_counted(text) for text in texts]
        having = np.bincount([place for each in found for place in each], minlength=PLACES)
        weights = (np.log((1 + len(texts)) / (1 + having)) + 1).astype(np.float32)
        places, shares = zip(*(_shares(each, weights) for each in found), strict=True)
        ends = np.cumsum([0, *map(len, places)])
        table = csr_array((np.concatenate(shares), np.concatenate(places), ends), (len(texts), PLACES))
        axes = TruncatedSVD(AXES, random_state=0).fit(table).components_.T.astype(np.float32)
        return cls(weights, axes, _directions(table[evenly(len(texts), KEPT)] @ axes))

    def __call__(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return what is logged of texts, float32 [n] by name.

        ``familiarity``: which part of its length, 0 to 1, a text keeps on the first 8 axes. ``likeness``: its
        cosine, on all axes, to the fifth most alike of the known texts. ``embedding_0`` to ``embedding_7``:
        where it lies on the first axes. An empty text has 0 everywhere.
        """
        rows = (_shares(_counted(text), self.weights) for text in texts)
        placed = np.array([share @ self.axes[places] for places, share in rows], np.float32).reshape(-1, AXES)
        alike = np.partition(_directions(placed) @ self.known.T, -NEIGHBOUR, axis=1)[:, -NEIGHBOUR]
        first = placed[:, :LOGGED]
        return {"familiarity": np.linalg.norm(first, axis=1), "likeness": alike} | columns(first)

    def to_bytes(self) -> bytes:
        """Return it as a file for ``from_bytes``, to lie among a model's serving files."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, weights=self.weights, axes=self.axes, known=self.known)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> TextEmbedding:
        """Read what ``to_bytes`` returned."""
        with np.load(io.BytesIO(content)) as kept:
            return cls(kept["weights"], kept["axes"], kept["known"])


def _shares(counted: Counter[int], weights: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Return the places of a text's pieces, and what each is of its length, which is one."""
    places = np.fromiter(counted, np.int64, len(counted))
    counts = np.fromiter(counted.values(), np.float32, len(counted))
    return places, _directions((1 + np.log(counts)) * weights[places])


def _directions(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows at length one; what has no length is left at none."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    found: NDArray[np.float32] = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return found


def _counted(text: str) -> Counter[int]:
    return Counter(zlib.crc32(piece.encode()) % PLACES for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """Yield a text's words, and of each the letters that follow one another, its ends among them."""
    for word in text.lower().split():
        ended = f" {word} "
        yield ended
        yield from (ended[first : first + LETTERS] for first in range(len(ended) - LETTERS + 1))
