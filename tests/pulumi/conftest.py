"""The Pulumi program's own files import one another as the program does: its folder is on the path."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

if str(REPOSITORY / "pulumi") not in sys.path:
    # Last: the folder above is called pulumi too, and must not hide the library.
    sys.path.append(str(REPOSITORY / "pulumi"))
