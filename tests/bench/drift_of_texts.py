"""Drift of texts: how often it is told without any, and how surely a new kind of request is found.

SNIPS's utterances (A. Coucke et al., Snips Voice Platform, 2018) are read from beside the clone, if they are
there. Each kind of request in turn is the new one; the others are divided anew for each trial, so that no
utterance of a window was seen by embedding, reference or another window. Nothing need be up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ml.drift.alarm import alarming
from ml.drift.live import Window
from ml.drift.profile import Profile, profile
from ml.drift.watch import compared
from ml.drift.windows import WindowRecord
from ml.operation import Drift, Monitor
from ml.text.embedding import TextEmbedding
from scripts.places import REPOSITORY
from tests.bench.figure import Figure
from tests.window_records import record_of

SNIPS: Final = REPOSITORY.parent / "shared" / "data" / "snips"
# What a system of texts declares that says nothing more of its own.
WATCHED: Final = ("words", "familiarity", "likeness")
DECLARED: Final = Drift(monitors=[Monitor(feature=name, title=name) for name in WATCHED])
ROWS, WINDOWS, TRIALS, NEW = 1000, 3, 15, 0.1
Rows = Sequence[dict[str, float]]


def figures() -> Iterator[Figure]:
    """Yield false alarms, and how surely a new kind is found, of all kinds together."""
    if not SNIPS.is_dir():
        yield Figure.noted("drift of texts", 0, "", "not measured: SNIPS does not lie beside this clone")
        return
    kinds, random = utterances(), np.random.default_rng(0)
    told: dict[str, list[tuple[bool, bool]]] = {
        new: [trial(kinds, new, random) for _ in range(TRIALS)] for new in kinds
    }
    trials = [each for found in told.values() for each in found]
    windows, alerts = WINDOWS * len(trials), sum(quiet for quiet, _ in trials)
    how, rate = f"{windows} windows of {ROWS} utterances, three to a division", 1000 * alerts / windows
    yield Figure.at_most("alerts without drift of texts, per 1,000 windows", rate, "", 1, how)
    shares = ", ".join(f"{new} {sum(found for _, found in each) / TRIALS:.2f}" for new, each in told.items())
    how = f"{len(trials)} trials; {shares}"
    power = sum(found for _, found in trials) / len(trials)
    yield Figure.at_least(f"found in 3 windows: a new kind in {NEW:.0%} of texts", power, "", 0.95, how)


def utterances() -> dict[str, list[str]]:
    """Return the different utterances of each kind of request."""
    found = {}
    for path in sorted(SNIPS.glob("train_*_full.json")):
        ((kind, said),) = json.loads(_decoded(path.read_bytes())).items()
        found[kind] = sorted({"".join(part["text"] for part in each["data"]).strip() for each in said})
    return found


def trial(kinds: dict[str, list[str]], new: str, random: np.random.Generator) -> tuple[bool, bool]:
    """Divide all kinds but one; say whether windows of these raise an alert, and windows with the new one."""
    usual: Any = random.permutation([text for kind, texts in kinds.items() if kind != new for text in texts])
    held = WINDOWS * ROWS
    half = (len(usual) - held) // 2
    embedding = TextEmbedding.fit(usual[:half])
    reference, rows = logged(embedding, usual[half:-held]), logged(embedding, usual[-held:])
    known = profile(DECLARED.monitors, {name: [row[name] for row in reference] for name in reference[0]})
    others = logged(embedding, random.permutation(kinds[new]))
    few = int(NEW * ROWS)
    windows = [rows[first : first + ROWS] for first in range(0, held, ROWS)]
    mixed = [[*each[few:], *others[at * few : (at + 1) * few]] for at, each in enumerate(windows)]
    return alerted(known, windows), alerted(known, mixed)


def logged(embedding: TextEmbedding, texts: Sequence[str]) -> Rows:
    """Return what a service would log of texts."""
    columns = {name: values.tolist() for name, values in embedding(texts).items()}
    columns["words"] = [float(len(text.split())) for text in texts]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def alerted(known: Profile, windows: Sequence[Rows]) -> bool:
    """Say whether windows, held against the reference as the watcher does, raise an alert."""
    seen = [window(known, rows) for rows in windows]
    return bool(alarming(seen, DECLARED.alert_windows, DECLARED.of_windows))


def window(known: Profile, rows: Rows) -> WindowRecord:
    """Hold the rows of one window against the reference."""
    texts = [json.dumps(row) for row in rows]
    return record_of(compared(Window(texts, ["{}"] * len(rows)), DECLARED, known, None), len(rows))


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")
