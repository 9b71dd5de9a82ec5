"""Work for trials in processes of their own: a hill to climb, with what can go wrong on the way."""

import json
import os
import signal
import threading
from pathlib import Path

from ml.training.trial_process import Work


class Hill(Work):
    """Highest, 0, at x = 2; each attempt at a trial leaves a line in ``log``."""

    log: Path
    steps: int = 0
    killed_x: float = 1e9
    failing: bool = False
    hanging: int = -1

    def draw(self, trial):
        return {"x": trial.suggest_float("x", -10, 10)}

    def score(self, settings, progress):
        x = settings["x"]
        with self.log.open("a") as log:
            log.write(json.dumps({"x": x, "pid": os.getpid(), "group": os.getpgid(0)}) + "\n")
        if x > self.killed_x:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.failing:
            raise ValueError("no hill in sight")
        if len(self.log.read_text().splitlines()) == self.hanging:
            threading.Event().wait()
        print("what a library prints")
        for step in range(self.steps):
            progress.report(step, -((x - 2) ** 2))
        return -((x - 2) ** 2)


class Slow(Hill):
    """Keeps each step, and waits for a killer at the third step of the fourth attempt."""

    def score(self, settings, progress):
        with self.log.open("a") as log:
            log.write("attempt\n")
        attempts = len(self.log.read_text().splitlines())
        begin = int(progress.kept("step") or b"0")
        for step in range(begin, 5):
            progress.report(step, settings["x"])
            progress.keep("step", str(step + 1).encode())
            if step == 2 and attempts == 4:
                self.log.with_suffix(".waits").write_text(str(os.getpid()))
                threading.Event().wait()
        return settings["x"] + begin / 1000
