"""``python -m ml run|automl|promote``: the one entry for a person, the steward and a Kubernetes Job.

Exit codes: 0 promoted, 1 failed, 2 wrong input, 3 the gate rejected the model, 4 the environment
is not there or does not answer, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from ml.environment import Environment, EnvironmentUnreadable
from ml.errors import MlError, WrongInput
from ml.folders import Folders
from ml.logs import add_json_file
from ml.model_registry import SearchSummary
from ml.pipeline import Pipeline
from ml.pipeline_result import PipelineResult, searched, summarise
from ml.system import load
from ml.training.searched_settings import REPORT

REJECTED, WRONG, NO_ENVIRONMENT, INTERRUPTED = 3, 2, 4, 130


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Both explicitly: a shell starts what it runs in the background with SIGINT ignored.
        signal.signal(number, _interrupt)
    try:
        code: int = options.command(options)
    except EnvironmentUnreadable as error:
        return _fail(str(error), NO_ENVIRONMENT)
    except MlError as error:
        return _fail(str(error), error.exit_code)
    except OSError as error:
        return _fail(f"{error}; free space or mend the disk and run again: finished steps are kept", 1)
    except KeyboardInterrupt:
        return _fail("interrupted; run again to go on after the last finished step", INTERRUPTED)
    return code


def run(options: argparse.Namespace) -> int:
    """Run a pipeline and print its result."""
    settings = _settings(options.set)
    chosen = [options.pipeline is not None, options.system is not None]
    if sum(chosen) != 1:
        raise WrongInput("name either --pipeline FILE or --system NAME")
    environment = Environment.load(options.environment)
    if options.pipeline is not None:
        pipeline = Pipeline.read(options.pipeline, settings)
    else:
        pipeline = Pipeline.of(options.system, settings)
    return _run(pipeline, environment, options)


def automl(options: argparse.Namespace) -> int:
    """Search settings on a dataset version, and run the pipeline from there on with the best."""
    from ml.training.automl import chosen_dataset, pipeline

    settings = _settings(options.set)
    load(options.system)
    environment = Environment.load(options.environment)
    dataset = chosen_dataset(environment, options.system, options.dataset)
    budget = {name: getattr(options, name) for name in ("minutes", "trials", "processes")}
    given = {name: value for name, value in budget.items() if value is not None}
    return _run(pipeline(options.system, dataset, given, settings), environment, options)


def promote(options: argparse.Namespace) -> int:
    """Copy a model version of another environment, and run the pipeline from the evaluation on."""
    from ml.origin import Origin
    from ml.promotion import pipeline

    environment, there = Environment.load(options.environment), Environment.load(options.source)
    origin = Origin(
        environment=there.name,
        release=options.release,
        model_version=options.version,
        model_digest=options.digest,
        dataset=options.dataset,
    )
    return _run(pipeline(environment, there, options.source, origin, options.system), environment, options)


def _run(pipeline: Pipeline, environment: Environment, options: argparse.Namespace) -> int:
    _log_to(environment, pipeline.system)
    start_up_s = _age_s()
    steps = pipeline.run(environment, fresh=options.fresh, progress=_say)
    result = summarise(pipeline, environment, steps, start_up_s=start_up_s, total_s=_age_s())
    if options.plot and (found := searched(steps)):
        options.plot.write_bytes(Folders(environment).read(found.folder, REPORT))
    sys.stdout.write((result.model_dump_json() if options.json else _readable(result)) + "\n")
    return REJECTED if result.decision == "reject" else 0


def report(options: argparse.Namespace) -> int:
    """Write the gate's report of a model version to a file."""
    from ml.model_registry import ModelRegistry

    registry = ModelRegistry(Environment.load(options.environment))
    version = (
        registry.version(options.system, options.version)
        if options.version is not None
        else registry.champion(options.system) or registry.challenger(options.system)
    )
    if version is None:
        raise WrongInput(f"{options.system} has no model version yet; run its pipeline first")
    options.to.write_bytes(registry.report(version))
    sys.stdout.write(f"{options.to}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml", description="Run pipelines, read their reports.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    running = commands.add_parser("run", help="run a pipeline; finished steps are not done again")
    running.add_argument("--pipeline", type=Path, metavar="FILE", help="a pipeline's YAML file")
    running.add_argument("--system", metavar="NAME", help="run the pipeline that this system brings")
    running.add_argument("--fresh", action="store_true", help="do every step again")
    running.set_defaults(command=run, plot=None)
    searching = commands.add_parser("automl", help="search settings, and train, gate and register the best")
    searching.add_argument("--system", required=True, metavar="NAME")
    searching.add_argument("--minutes", required=True, type=float, metavar="N", help="over all runs of it")
    searching.add_argument("--trials", type=int, metavar="M", help="end after so many")
    searching.add_argument("--processes", type=int, metavar="P", help="trials at once; default: the cores")
    searching.add_argument("--dataset", type=int, metavar="N", help="a version's number; default: the newest")
    searching.add_argument("--plot", type=Path, metavar="FILE", help="write the search's report here as well")
    searching.set_defaults(command=automl, fresh=False)
    bringing = commands.add_parser("promote", help="copy a model of another environment to this one's gate")
    bringing.add_argument("--system", required=True, metavar="NAME")
    bringing.add_argument("--source", required=True, metavar="ADDRESS", help="the other one's document")
    bringing.add_argument(
        "--release", required=True, metavar="ID", help="its release, and what that records:"
    )
    bringing.add_argument("--version", required=True, type=int, metavar="N", help="the model version there")
    bringing.add_argument("--digest", required=True, metavar="SHA256", help="the digest of the model's files")
    bringing.add_argument("--dataset", required=True, metavar="NAME", help="the dataset version there")
    bringing.set_defaults(command=promote, fresh=False, plot=None, set=[])
    for each in (running, searching, bringing):
        each.add_argument(
            "--environment", required=True, metavar="ADDRESS", help="path or s3:// of the document"
        )
        each.add_argument("--json", action="store_true", help="print the result as one line of JSON")
    for each in (running, searching):
        each.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE", help="train.settings.als_factors=[64]"
        )
    reading = commands.add_parser("report", help="write a model version's gate report to a file")
    reading.add_argument("--environment", required=True, metavar="ADDRESS")
    reading.add_argument("--system", required=True, metavar="NAME")
    reading.add_argument(
        "--version", type=int, metavar="N", help="default: the champion, else the challenger"
    )
    reading.add_argument("--to", type=Path, default=Path("report.html"), metavar="FILE")
    reading.set_defaults(command=report)
    return parser


def _settings(pairs: list[str]) -> dict[str, str]:
    settings = dict(pair.partition("=")[::2] for pair in pairs)
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise WrongInput(f"--set {wrong[0]} is not KEY=VALUE, for example --set seed=1")
    return settings


def _readable(result: PipelineResult) -> str:
    lines = [
        f"{result.system}: {result.decision}"
        + (f", model version {result.model_version}" if result.model_version else ", nothing registered"),
        *(f"  {reason}" for reason in result.reasons),
        f"  dataset {result.dataset}; report {result.report}",
        *([f"  search {_searched(result.search)}; {result.search_report}"] if result.search else []),
        f"  start-up {result.start_up_s:.1f} s, fitting {result.fit_s:.1f} s, in all {result.total_s:.1f} s",
    ]
    return "\n".join(lines)


def _searched(search: SearchSummary) -> str:
    return (
        f"of {search.trials} trials ({search.given_up} given up, {search.failed} failed) in "
        f"{search.minutes:.1f} minutes: {search.score:.4f} on the validation rows"
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
    logging.getLogger("ml.pipeline").info(line)


def _log_to(environment: Environment, system: str) -> None:
    """Log JSON lines beside the other programs' logs, and warnings on standard error."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    shown = logging.StreamHandler()
    shown.addFilter(lambda record: record.name.startswith("ml.") and record.name != "ml.pipeline")
    shown.setFormatter(logging.Formatter("  %(message)s"))
    root.addHandler(shown)
    if environment.logs and environment.logs.is_dir() and os.access(environment.logs, os.W_OK):
        add_json_file(environment.logs / f"pipeline-{system}.log", system=system)


def _age_s() -> float:
    """Return the seconds since this process started, imports included."""
    try:
        fields = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
        ticks = float(fields[19]) / os.sysconf("SC_CLK_TCK")
        return float(time.clock_gettime(time.CLOCK_BOOTTIME)) - ticks
    except (OSError, AttributeError):
        return time.process_time()


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _end(code: int) -> NoReturn:
    """End without taking the interpreter down: under a native library's thread that still runs, it aborts."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"error: {message}\n")
    logging.getLogger("ml").error(message)
    return code


if __name__ == "__main__":
    _end(main())
