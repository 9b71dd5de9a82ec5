"""Steady requests to a served system, and what became of each."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field


@dataclass
class Load:
    """Asks the gateway without pause, in one thread, until told to stop; use as a context."""

    url: str
    body: dict
    answered: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self):
        self._thread = threading.Thread(target=self._ask_on)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()

    def ask(self):
        """Ask once; return the prediction's id, or None with the failure noted."""
        request = urllib.request.Request(
            self.url, json.dumps(self.body).encode(), {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                prediction = json.load(answer)["prediction_id"]
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.failed.append(str(error))
            return None
        self.answered.append(prediction)
        return prediction

    def _ask_on(self):
        while not self._stop.is_set():
            if self.ask() is None:
                self._stop.wait(0.05)
