"""``millrace watch``: how what a system logged differs from what its model learnt from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

from scripts.console import say, table
from scripts.places import EnvironmentName, load

if TYPE_CHECKING:
    from ml.drift.watch import Watched
    from ml.drift.windows import WindowRecord

FOUND: Final = 2
SHOWN: Final = 5


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("watch")(watch)


def watch(
    system: Annotated[str, typer.Argument(help="The system.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """Look at a system's log now: what drifted since when, what cannot be trusted, what feedback says.

    Ends with 0 if nothing alarms, 2 if something does, 1 if it could not be looked at. (`millrace drift`
    is about the environment: what was changed outside Pulumi.)
    """
    from ml.drift.watch import Watch
    from ml.system import load as declared
    from services.watcher.subjects import Subjects

    declared(system)
    environment = load(env)
    subject = Subjects(environment).of(system)
    if subject is None:
        say(json.dumps({"subject": None}) if as_json else _nothing_serves(system))
        return
    found = Watch(environment).look(subject)
    say(found.model_dump_json()) if as_json else _show(found)
    raise typer.Exit(FOUND if _alarming(found) else 0)


def _nothing_serves(system: str) -> str:
    return f"nothing of {system} serves; `millrace release {system}` starts what was trained"


def _alarming(found: Watched) -> bool:
    wrong = found.windows and any(each.wrong for each in found.windows[-1].quality)
    return bool(found.alarms or wrong or found.concept.fell_at)


def _show(found: Watched) -> None:
    from ml.system import load as declared

    window = declared(found.subject.system).drift.window
    say(f"{found.subject.release}, which learnt from {found.subject.dataset}")
    if not found.windows:
        say(f"no window yet: {found.waiting} of {window} requests are logged")
    else:
        newest = found.windows[-1]
        span = f"{newest.first:%F %T} to {newest.last:%F %T} UTC"
        say(f"window {newest.number}: {newest.count} requests, {span}")
        _show_window(newest)
        _show_quality(newest)
        _show_history(found)
    _show_concept(found)


def _show_window(window: WindowRecord) -> None:
    looks = [*window.features.features, *(window.predictions.features if window.predictions else ())]
    rows = [
        (
            each.feature,
            f"{each.psi:.3f}",
            f"{each.jensen_shannon:.3f}",
            "" if each.kolmogorov_smirnov is None else f"{each.kolmogorov_smirnov:.3f}",
            f"{min(each.p_values):.2g}",
            "drifted" if each.drifted else "",
        )
        for each in looks
    ]
    table(("value", "PSI", "Jensen-Shannon", "KS", "p", ""), rows)
    if window.together is not None:
        say(f"all features together: p {window.together:.3f}{', drifted' if window.together_drifted else ''}")
    if window.embedding is not None:
        say(f"embedding: p {window.embedding:.3f}{', drifted' if window.embedding_drifted else ''}")


def _show_quality(window: WindowRecord) -> None:
    wrong = [(each, fault) for each in window.quality for fault in each.wrong]
    for each, fault in wrong:
        say(f"{getattr(each, fault):.1%} of {each.feature} is {fault}")
    if not wrong:
        say("quality: nothing missing, mistyped or out of range beyond what is declared")


def _show_history(found: Watched) -> None:
    last = ", ".join(f"{w.number}: {' '.join(w.drifted) or '-'}" for w in found.windows[-SHOWN:])
    say(f"drifted by window: {last}")
    for alarm in found.alarms:
        how = f"in {alarm.windows} of the last windows, since {alarm.since:%F %T} UTC"
        say(f"ALARM {alarm.feature} drifted {how}")
    if not found.alarms:
        say("no alarm")


def _show_concept(found: Watched) -> None:
    said = found.concept
    if said.score is None or said.recent_score is None:
        say("feedback: none that judges an answer")
        return
    say(f"feedback: {said.count} answers judged, score {said.score:.3f}, of late {said.recent_score:.3f}")
    if said.fell_at:
        say(f"ALARM the score has fallen, seen at {said.fell_at:%F %T} UTC")
