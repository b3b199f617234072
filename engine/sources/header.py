"""The first event of a search that another program makes, whoever tells of it."""

from __future__ import annotations

import os
import socket

import msgspec

from ..events import RunStarted


def watched_header(run: str, **facts: object) -> RunStarted:
    """Return the first event of a watched search: what is not given is as little as there can be."""
    least = RunStarted(
        run=run,
        preset="",
        title=run,
        digest="",
        fingerprint="",
        task="regression",
        estimator="",
        scoring="score",
        folds=0,
        train_rows=0,
        test_rows=0,
        features=0,
        workers=1,
        axes=[],
        methods=[],
        watched=True,
        host=socket.gethostname(),
        pid=os.getpid(),
    )
    return msgspec.structs.replace(least, **facts)
