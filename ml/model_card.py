"""The model card of a version: Markdown from the facts of its registration.

Sections as in M. Mitchell et al., "Model cards for model reporting", FAT* 2019.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml.declaration import SystemDeclaration
    from ml.evaluation.statistics import Estimate
    from ml.gate import Verdict
    from ml.model_registry import ModelVersion

NAMES = {"precision": "Precision", "recall": "Recall", "f1": "F1", "roc_auc": "Area under the ROC curve"}
UNSAID = "Not said yet: write it under `card` in the system's `system.yaml`."


def model_card(declaration: SystemDeclaration, version: ModelVersion, verdict: Verdict) -> str:
    """Return the card; what no record says is named as not said."""
    notes = declaration.card
    sections = {
        "Model": _model(version),
        "Intended use": f"{declaration.description}\n\n{notes.intended_use or UNSAID}",
        "Out of scope": notes.out_of_scope or UNSAID,
        "Data": _data(version),
        "Metrics": _metrics(declaration, version, verdict),
        "Behaviour": _behaviour(verdict),
        "Groups": _groups(declaration),
        "Caveats": notes.caveats or UNSAID,
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"# {declaration.title}, version {version.version}\n\n{body}\n"


def _model(version: ModelVersion) -> str:
    facts = {
        "Family": version.family,
        "Settings": ", ".join(f"{name} {value}" for name, value in version.settings.items()) or "none",
        **_update(version),
        **_search(version),
        "Registered": f"{version.created_at:%Y-%m-%d %H:%M} UTC",
        "Commit": f"`{version.commit}`",
        "Serving files": f"digest `{version.digest[:12]}`, model.onnx SHA-256 `{version.onnx_sha256[:12]}`",
        "Tracking run": f"`{version.run_id}`",
    }
    return _table("Fact", "Value", facts)


def _data(version: ModelVersion) -> str:
    named = f"(digest `{version.dataset_digest[:12]}`)"
    origin = version.promoted_from
    if origin is None:
        return (
            f"Trained, validated and tested on dataset version {version.dataset} {named}. "
            "The test rows were not looked at in training."
        )
    return (
        f"Trained and validated on {origin.environment}'s dataset version {origin.dataset} {named}; the "
        f"figures below are of the test rows of {version.held_out} here. {origin.environment} served it in "
        f"`{origin.release}` as version {origin.model_version}; its own report and card are beside this one, "
        "under `origin`."
    )


def _update(version: ModelVersion) -> dict[str, str]:
    found = version.update
    if found is None:
        return {}
    said = {"Made by": "an update of the champion" if found.taken else "a fit from scratch"}
    if found.forgotten is not None:
        said["Forgotten by the update"] = f"{found.forgotten:.4f} of the primary metric (below 0: gained)"
    return said | {"Why": found.sentence}


def _search(version: ModelVersion) -> dict[str, str]:
    found = version.search
    if found is None:
        return {}
    said = f"{found.trials} trials in {found.minutes:.1f} minutes, {found.score:.4f} on the validation rows"
    return {"Settings found by": f"a search of {said}; report `{found.report}` of the tracking run"}


def _metrics(declaration: SystemDeclaration, version: ModelVersion, verdict: Verdict) -> str:
    titles = {metric.name: f"{metric.title} (at least {metric.minimum:g})" for metric in declaration.metrics}
    figures = {titles.get(name, name): f"{value:.4f}" for name, value in version.metrics.items()}
    figures |= {NAMES.get(name, name): _interval(found) for name, found in verdict.figures.items()}
    reasons = "\n".join(f"- {reason}" for reason in version.reasons)
    return (
        f"{_table('Metric', 'On the test rows', figures)}\n\n"
        f"The gate said {version.decision}:\n\n{reasons}\n\n"
        f"Intervals, slices and charts are in the gate's report, `{version.report}` of the tracking run."
    )


def _behaviour(verdict: Verdict) -> str:
    if not verdict.behaviours:
        return "The system declares no behaviour, so nothing was tested beyond accuracy."
    return "\n".join(f"- {found}" for found in verdict.behaviours)


def _groups(declaration: SystemDeclaration) -> str:
    if not declaration.slices:
        return "The system declares no slices, so no group was looked at by itself."
    listed = "\n".join(f"- {one.title} (from {one.least_units} test rows)" for one in declaration.slices)
    return f"The gate holds the model to the champion within:\n\n{listed}"


def _interval(found: Estimate) -> str:
    return f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})"


def _table(left: str, right: str, facts: dict[str, str]) -> str:
    rows = "\n".join(f"| {_cell(name)} | {_cell(value)} |" for name, value in facts.items())
    return f"| {left} | {right} |\n|---|---|\n{rows}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
