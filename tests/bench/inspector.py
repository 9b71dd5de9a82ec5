"""The inspector: how fast images come in, how good and how dear it is to train, and how fast it answers.

Nothing need be up: an object store of its own takes the images of the shipped source, then the shipped
pipeline's training runs for three seeds, each in a process of its own; the first one's files answer.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from ml.data.clean import Clean
from ml.data.commit import Commit
from ml.data.images.manifest import take_in
from ml.data.images.store import ImageStore
from ml.data.ingest import Ingest
from ml.environment import Environment
from ml.systems.inspector.serving import FILES, Inspector, prepare
from ml.systems.inspector.source import source
from scripts.places import REPOSITORY
from services.delivery.declared import declared_limits
from services.delivery.package import Packager
from services.endpoint.settings import Package
from tests.bench.figure import Figure, median_of, spread
from tests.bench.served import WORKER, Wrk, against_fastapi, serve
from tests.bench.trained import SYSTEM, Trained
from tests.ml.servers import Store, describe, started

SEEDS = (0, 1, 2)
DELIVERIES = 3
ASKED = 300
BASELINE = (str(Path(__file__).with_name("baseline_inspector.py")),)
QUALITY = (
    ("accuracy", "accuracy", 0.885, "published: CNN 0.884, SVM 0.824 (Deitsch 2019)"),
    ("balanced_accuracy", "balanced accuracy", 0.845, ""),
    ("f1", "F1", 0.80, ""),
    ("roc_auc", "ROC AUC", 0.938, ""),
)


def figures() -> Iterator[Figure]:
    """Yield every figure of the inspector."""
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as name:
        home = Path(name)
        with stored(home) as environment:
            yield from ingest(environment)
            commit(environment)
            document = home / "environment" / "environment.json"
            models = [home / f"model-{seed}" for seed in SEEDS]
            runs = [trained(document, seed, model) for seed, model in zip(SEEDS, models, strict=True)]
        yield from learning(runs)
        yield from answering(models[0])
        yield from serving(home, models[0])


@contextmanager
def stored(home: Path) -> Iterator[Environment]:
    """Run an object store and return an environment that has nothing else."""
    store = started(Store, home / "store")
    try:
        yield describe(store, "http://127.0.0.1:9", home / "environment", "bench")
    finally:
        store.close()


def ingest(environment: Environment) -> Iterator[Figure]:
    """Take the source's images in, each time for a system that has none yet."""
    images = list(source({}).images())
    rates = []
    for number in range(DELIVERIES):
        began = time.perf_counter()
        take_in(images, ImageStore(environment, f"delivery-{number}"))
        rates.append(len(images) / (time.perf_counter() - began))
    how = f"{len(images)} of 300 x 300 pixels checked, hashed and stored in packs; {spread(rates)}"
    yield Figure.at_least("images taken in, per second", median_of(rates), "", 500, how)


def commit(environment: Environment) -> None:
    """Make a dataset version, as the pipeline does."""
    raw = Ingest(system=SYSTEM).run(environment)
    Commit(system=SYSTEM, clean=Clean(system=SYSTEM, raw=raw).run(environment)).run(environment)


def trained(document: Path, seed: int, folder: Path) -> Trained:
    """Train in a process of its own and return its figures."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.bench.trained", str(document), str(seed), str(folder)]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return Trained.model_validate_json(done.stdout.splitlines()[-1])


def learning(runs: Sequence[Trained]) -> Iterator[Figure]:
    """Quality as means over the seeds; what 8 bits cost at their worst."""
    for key, name, bar, published in QUALITY:
        values = [getattr(run, key) for run in runs]
        how = f"{across(values)}; held-out cells, 8 bits, threshold 0.5 {published}".rstrip()
        yield Figure.at_least(f"inspector {name}", statistics.mean(values), "", bar, how)
    served = [run.served for run in runs]
    yield Figure.noted("inspector accuracy as served", statistics.mean(served), "", across(served))
    drop, changed, pointing = (
        [run.facts[name] for run in runs] for name in ("accuracy_drop", "decisions_changed", "pointing")
    )
    yield Figure.at_most("accuracy that 8 bits cost", max(drop), "", 0.005, f"worst; {across(drop)}")
    yield Figure.at_most("decisions that 8 bits change", max(changed), "", 0.04, f"worst; {across(changed)}")
    yield Figure.at_least("pasted defects pointed at", min(pointing), "", 0.5, f"worst; {across(pointing)}")
    wall = [run.fit_s for run in runs]
    cpu = [run.cpu_s for run in runs]
    yield Figure.at_most("training of the inspector", median_of(wall), "s", 480, f"wall, {spread(wall)}")
    yield Figure.noted("its processor time", median_of(cpu), "s", spread(cpu))
    peak = max(run.peak_bytes for run in runs)
    yield Figure.at_most("its peak memory", peak / 1e9, "GB", 3, "resident, the worst of three")


def answering(model: Path) -> Iterator[Figure]:
    """One image at a time on one thread: the network alone, then with decoding and measuring."""
    size = (model / FILES["int8"]).stat().st_size
    yield Figure.at_most("8-bit file", size / 1e6, "MB", 4, "")
    inspector = Inspector.load(model)
    content = next(source({}).images())[1]
    pixels = prepare(np.zeros((300, 300), np.uint8))[None]
    network, how = asked(lambda: inspector.run(pixels))
    yield Figure.at_most("the network", network, "ms", 6, how)
    whole, how = asked(lambda: inspector.inspect([content]))
    yield Figure.noted("an answer, image decoded", whole, "ms", how)


def serving(home: Path, model: Path) -> Iterator[Figure]:
    """``/inspect`` beside an app written by hand, both out of the same bento, asked in turn."""
    package = Package(system=SYSTEM, model_version=1, dataset_version="inspector@1")
    bento, limits = Packager(home / "bentos").build(package, model), declared_limits(SYSTEM)
    bodies = home / "bodies"
    contents = [base64.b64encode(content).decode() for _, content in islice(source({}).images(), 64)]
    bodies.write_text("".join(json.dumps({"images": [content]}) + "\n" for content in contents))
    with ExitStack() as stack:
        service = stack.enter_context(serve(bento.source, WORKER, limits))
        baseline = stack.enter_context(serve(bento.source, BASELINE, limits))
        wrk = Wrk("inspections.lua", (str(bodies),))
        yield from against_fastapi(wrk, service, baseline, "/inspect, ")


def asked(work) -> tuple[float, str]:
    """Return the median wall time in milliseconds of many runs, after one that is not counted, and how."""
    wall, cpu = [], []
    for _ in range(ASKED + 1):
        began = time.perf_counter(), time.thread_time()
        work()
        wall.append(1000 * (time.perf_counter() - began[0]))
        cpu.append(1000 * (time.thread_time() - began[1]))
    late = np.percentile(wall[1:], 99)
    how = f"wall, {ASKED} times, one thread; p99 {late:.1f} ms; processor time {median_of(cpu[1:]):.1f} ms"
    return median_of(wall[1:]), how


def across(values: Sequence[float]) -> str:
    """Return the seeds' values and their deviation."""
    listed = ", ".join(f"{value:.3f}" for value in values)
    return f"seeds {', '.join(map(str, SEEDS))}: {listed}; deviation {statistics.stdev(values):.3f}"
