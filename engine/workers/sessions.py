"""One life with a cluster after another, from the bridge: what `dask_bridge` and `ray_bridge` have in common.

When a cluster is gone it is given up at once, with all tasks, and another session looks for the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
import traceback
from abc import ABC, abstractmethod

from ..text import clean, elided
from .bridge import FarKit, News, ago
from .far_session import LOOK, Session

_SOON = 0.5
"""Seconds, for reaching a cluster: as long nothing is said of it."""


class Sessions(ABC):
    """See `bridge.Cluster`. All but its members runs on one loop of events, in a thread of its own."""

    what = "scheduler"
    """What is looked for at the address."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._session: Session | None = None
        self._wrong = ""
        """Why the cluster cannot be joined, where it says more than that it is not there."""
        self._closing = asyncio.Event()
        self._closed = threading.Event()

    @abstractmethod
    async def _reach(self) -> Session | None:
        """Return the life with the cluster, begun; None where it is not there."""

    def connect(self, address: str, kit: FarKit) -> None:
        """Begin to look for workers; see `bridge.Cluster.connect`."""
        self._address, self._kit = address, kit
        self._named = elided(clean(address, 1000), 70)  # the reason behind a long path is what matters
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="cluster", daemon=True).start()

    def begin(self, address: str, number: int, task: bytes, timeout: float | None) -> None:
        """Have a place do a task."""
        self._loop.call_soon_threadsafe(self._begin, address, number, task, timeout)

    def cancel(self, number: int) -> None:
        """Give a task up."""
        self._loop.call_soon_threadsafe(lambda: self._session and self._session.cancel(number))

    def close(self, seconds: float, *, rest: bool) -> None:
        """Take leave of all workers; see `bridge.Cluster.close`."""
        self._farewell = seconds, rest
        self._loop.call_soon_threadsafe(self._closing.set)
        self._closed.wait(seconds + 0.5)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._live())
        except BaseException:  # noqa: BLE001 - it ends the process
            # without it nothing would ever be heard again: the run begins another bridge, and says so
            traceback.print_exc()
            os._exit(1)
        self._closed.set()

    def _begin(self, address: str, number: int, task: bytes, timeout: float | None) -> None:
        if self._session is not None:
            self._session.begin(address, number, task, timeout)

    async def _live(self) -> None:
        """Have one session after another."""
        gone: set[asyncio.Future[None]] = set()
        while (session := await self._next_session()) is not None:
            self._session = session
            try:
                await self._serve(session)
            finally:
                self._session = None
                if self._closing.is_set():
                    await session.leave(*self._farewell)
                else:
                    session.lose_all()
                    left = asyncio.ensure_future(session.shut())
                    gone.add(left)
                    left.add_done_callback(gone.discard)

    async def _next_session(self) -> Session | None:
        """Return a session once there is a cluster, saying so while there is none; None once the run is over."""
        missing = time.monotonic()
        reaching = asyncio.ensure_future(self._reach())
        while not self._closing.is_set():
            await asyncio.wait({reaching}, timeout=LOOK)
            if reaching.done():
                if (session := reaching.result()) is not None:
                    return session
                reaching = asyncio.ensure_future(self._reach())
            if time.monotonic() - missing > _SOON:
                wrong = self._wrong or f"no {self.what} at {self._named}"
                self._news.trouble(f"{wrong}: waiting, since {ago(missing)}")
            await self._pause(LOOK)
        reaching.cancel()
        return None

    async def _serve(self, session: Session) -> None:
        """Look after workers until the scheduler is gone, or the run is over."""
        while session.lives and not self._closing.is_set():
            await session.look()
            await self._pause(LOOK)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(asyncio.TimeoutError, TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
