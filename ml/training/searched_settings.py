"""What a search hands to training: the best settings, and its story."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from ml.folders import StoredFolder
from ml.job import Output
from ml.model_registry import SearchSummary

# The report's name in the folder, and the folder's among the artifacts of the run.
REPORT: Final = "search.html"
UNDER: Final = "search"


class SearchedSettings(Output):
    """The best settings, as the system's fit takes them; ``folder`` has the report and the trials."""

    incidental: ClassVar[frozenset[str]] = frozenset({"summary", "folder"})

    settings: dict[str, Any]
    summary: SearchSummary
    folder: StoredFolder
