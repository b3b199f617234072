"""A look-out for what a Ray driver cannot do without: it ends the process at once, and Ray itself only a minute later.

Until then a call into Ray may stand still, and every other thread with it: so nothing here relies on Python alone.
"""

from __future__ import annotations

import faulthandler
import os
import socket
import threading
import time

from .bridge import News
from .far_session import LOOK

SILENT = 30
"""Seconds after which a head that says nothing is gone."""

_SOON = 0.5
"""Seconds within which one whose line was closed has to be reached again."""


def end_without(what: str, where: tuple[str, int], news: News) -> None:
    """Have this process end, with a word about `what`, as soon as nobody listens there."""
    threading.Thread(target=_watch, args=(what, where, news), name=f"watch {what}", daemon=True).start()


def _watch(what: str, where: tuple[str, int], news: News) -> None:
    while True:
        try:
            with socket.create_connection(where, SILENT) as line:
                faulthandler.dump_traceback_later(SILENT, exit=True)
                line.settimeout(None)
                # nothing is ever asked on it, so that it is closed says nothing; that it cannot be made again, all
                while line.recv(4096):
                    pass
                faulthandler.dump_traceback_later(_SOON, exit=True)
        except ConnectionRefusedError:
            news.trouble(f"{what} is gone: looking for the next")
            os._exit(1)
        except OSError:
            time.sleep(LOOK)
