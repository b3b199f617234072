"""Folds on a Dask cluster, from the bridge: a client, one look after another at who is there, a task a fold.

When the scheduler is gone the client is given up at once, with all tasks, and another one looks for the next: what
Dask's own client would do is to wait with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
import time

from distributed import Client

from .bridge import FarKit, News
from .dask_session import LOOK, Session, ago, shut

_CONNECT = 5.0
_SOON = 0.5
"""Seconds, for reaching a scheduler: as long nothing is said of it."""


class DaskCluster:
    """See `bridge.Cluster`. All but its members runs on one loop of events, in a thread of its own."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._session: Session | None = None
        self._closing = asyncio.Event()
        self._closed = threading.Event()

    def connect(self, address: str, kit: FarKit) -> None:
        """Begin to look for workers; see `bridge.Cluster.connect`."""
        logging.getLogger("distributed").setLevel(logging.ERROR)
        self._address, self._kit = address, kit
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="dask", daemon=True).start()

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
        finally:
            self._closed.set()

    def _begin(self, address: str, number: int, task: bytes, timeout: float | None) -> None:
        if self._session is not None:
            self._session.begin(address, number, task, timeout)

    async def _live(self) -> None:
        """Be a client of one scheduler after another."""
        gone: set[asyncio.Future[None]] = set()
        while (client := await self._next_client()) is not None:
            self._session = Session(client, self._address, self._kit, self._news)
            try:
                await self._serve(self._session)
            finally:
                session, self._session = self._session, None
                if self._closing.is_set():
                    await session.leave(*self._farewell)
                else:
                    session.lose_all()
                    left = asyncio.ensure_future(shut(client))
                    gone.add(left)
                    left.add_done_callback(gone.discard)

    async def _next_client(self) -> Client | None:
        """Return a client once there is a scheduler, saying so while there is none; None once the run is over."""
        missing = time.monotonic()
        reaching = asyncio.ensure_future(self._reach())
        while not self._closing.is_set():
            await asyncio.wait({reaching}, timeout=LOOK)
            if reaching.done():
                if (client := reaching.result()) is not None:
                    return client
                reaching = asyncio.ensure_future(self._reach())
            if time.monotonic() - missing > _SOON:
                self._news.trouble(f"no scheduler at {self._address}: waiting, since {ago(missing)}")
            await self._pause(LOOK)
        reaching.cancel()
        return None

    async def _reach(self) -> Client | None:
        """Return a client that has reached the scheduler; None where it is not there."""
        client = None
        try:
            address = _read(self._address)
            client = Client(address, asynchronous=True, timeout=_CONNECT, set_as_default=False, name="tunetop")
            await asyncio.wait_for(_ready(client), 2 * _CONNECT)
            return client
        except (OSError, ValueError, TimeoutError) as error:
            logging.getLogger(__name__).info("%s: %s", self._address, error)
        if client is not None:
            await shut(client)
        return None

    async def _serve(self, session: Session) -> None:
        """Look after workers until the scheduler is gone, or the run is over."""
        while session.lives and not self._closing.is_set():
            await session.look()
            await self._pause(LOOK)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(asyncio.TimeoutError, TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)


async def _ready(client: Client) -> None:
    await client


def _read(address: str) -> str:
    """Return the scheduler's address; raise OSError or ValueError where its file does not tell it yet."""
    kind, _, path = address.partition(":")
    if kind != "file":
        return address
    with open(path, encoding="utf-8") as file:
        told = json.load(file)
    if not isinstance(told, dict) or "address" not in told:
        raise ValueError(f"{path} tells no address")
    return str(told["address"])
