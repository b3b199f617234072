"""A run's own log: what the program itself has to say of it, in `log.txt` in the run's folder."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import TextIO

from ..files import open_private
from ..text import clean_block


class Log(logging.Logger):
    """The log of one run, beside Python's tree of loggers: nobody else hears of it, and it ends with its run."""

    def __init__(self, path: Path) -> None:
        super().__init__("tunetop.run", logging.INFO)
        descriptor = open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
        handler = _Lines(self._file)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self.addHandler(handler)

    def close(self) -> None:
        """Let go of the file; what is logged after that is not kept. Closing twice is harmless."""
        with contextlib.suppress(OSError):
            self._file.close()


class _Lines(logging.StreamHandler[TextIO]):
    def format(self, record: logging.LogRecord) -> str:
        """Return the lines for a record; what an error quotes may be anybody's, and the file is read in a terminal."""
        return clean_block(super().format(record), 100_000)

    def handleError(self, record: logging.LogRecord) -> None:
        """Go without a line that cannot be written: on a full disk, standard error would get it, on the screen."""
