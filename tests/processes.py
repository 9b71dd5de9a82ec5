"""The processes of one state folder, found by the folder's path in their environment or arguments."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil

COMMAND = str(Path(sys.executable).with_name("millrace"))


class Processes:
    """Everything that runs for one state folder."""

    def __init__(self, home):
        self.home = str(home)

    def all(self):
        """Return all of them but this test's own process and its parents."""
        mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
        return [each for each in psutil.process_iter() if each.pid not in mine and self._belongs(each)]

    def kill(self):
        """Kill all of them."""
        for process in self.all():
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def matching(self, text):
        """Return those whose command line contains the words of the text in this order."""
        words = text.split()
        return [each for each in self.all() if _in_order(words, _command_line(each))]

    def outside_supervisor(self):
        """Return those that are not supervisord or below it."""
        return [each for each in self.all() if not _supervised(each)]

    def _belongs(self, process):
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return self.home in _command_line(process) or self.home in "\0".join(process.environ().values())
        except psutil.Error:
            return False


def _command_line(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _supervised(process):
    try:
        return any("supervisord" in _command_line(each) for each in (process, *process.parents()))
    except psutil.Error:
        return True


def _in_order(words, line):
    place = 0
    for word in words:
        place = line.find(word, place)
        if place < 0:
            return False
    return True
