"""Fork servers from a warm start, for tests that kill one after another: each took two seconds for its imports."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Iterator

import pytest
from forked import Forked
from tunetop.engine.workers import warm
from warm_process import Warmed


@contextlib.contextmanager
def warm_servers(warmed: Warmed, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Have this process's fork servers forked from the warm process, and yield their numbers; its own is untouched."""
    begun: list[int] = []

    def begin() -> warm._Server:
        with socket.socket(socket.AF_UNIX) as listening:
            # an address that is no file, and so never too long
            listening.bind(f"\0tunetop-tests-{os.getpid()}-{secrets.token_hex(8)}")
            listening.listen(1)
            listening.settimeout(300)
            address = listening.getsockname().decode()
            process = Forked(warmed.start(serve=address).pid)
            line, _ = listening.accept()
        begun.append(process.pid)
        return warm._Server(process, line)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(warm, "_server", None)
        patch.setattr(warm._Server, "begin", begin)
        try:
            yield begun
        finally:
            if warm._server is not None:
                warm._server.close()
