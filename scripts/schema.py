"""Write the JSON Schema of the environment's document, or check that it is current.

``infra`` and ``ml`` never import each other, so the provider validates against this file:
``python -m scripts.schema`` writes it, ``python -m scripts.schema --check`` is part of lint.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from ml.environment import Environment

FILE: Final = Path(__file__).resolve().parent.parent / "infra" / "provider" / "environment.schema.json"


def schema_text() -> str:
    """Return the schema as it should lie there."""
    return json.dumps(Environment.model_json_schema(), indent=2) + "\n"


def is_current() -> bool:
    """Whether the committed schema fits ``ml.environment``."""
    return FILE.exists() and FILE.read_text() == schema_text()


def main() -> None:
    """Write the schema; with ``--check`` only compare, and end with 1 if it differs."""
    if "--check" not in sys.argv[1:]:
        FILE.write_text(schema_text())
    elif not is_current():
        sys.exit(f"{FILE} does not fit ml/environment.py; run `python -m scripts.schema` and commit it")


if __name__ == "__main__":
    main()
