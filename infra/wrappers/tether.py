"""Start a program that is told to stop when the process that started it dies.

Run as a script, ``python -I -S tether.py PARENT SIGNAL PID_FILE PROGRAM ARGUMENT...``, it asks
the kernel to send SIGNAL when its parent ends, then becomes PROGRAM. It imports next to
nothing: every call of a tool pays for it (10 ms). PID_FILE may be ``-``.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, note its id, and become the program."""
    parent, number, pid_file, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(f"the process {parent} that wanted {command[0]} is gone")
    if pid_file != "-":
        with open(pid_file, "w") as file:  # noqa: PTH123 - pathlib costs a third of the start
            file.write(str(os.getpid()))
    for ignored in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_DFL)
    os.execvp(command[0], command)  # noqa: S606 - becoming the program is the purpose


if __name__ == "__main__":
    main()
