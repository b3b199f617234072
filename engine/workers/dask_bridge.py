"""Folds on a Dask cluster, from the bridge: a client, one look after another at who is there, a task a fold.

What Dask's own client would do when its scheduler is gone is to wait with all tasks: here it is given up instead.
"""

from __future__ import annotations

import asyncio
import json
import logging

from distributed import Client

from .bridge import FarKit
from .dask_session import DaskSession, shut
from .far_session import Session
from .sessions import Sessions

_CONNECT = 5.0


class DaskCluster(Sessions):
    """See `bridge.Cluster`."""

    def connect(self, address: str, kit: FarKit) -> None:
        """Begin to look for workers; see `bridge.Cluster.connect`."""
        logging.getLogger("distributed").setLevel(logging.ERROR)
        super().connect(address, kit)

    async def _reach(self) -> Session | None:
        client = None
        try:
            address = _read(self._address)
            client = Client(address, asynchronous=True, timeout=_CONNECT, set_as_default=False, name="tunetop")
            await asyncio.wait_for(_ready(client), 2 * _CONNECT)
            return DaskSession(client, self._address, self._kit, self._news)
        except (OSError, ValueError, TimeoutError) as error:
            logging.getLogger(__name__).info("%s: %s", self._address, error)
        if client is not None:
            await shut(client)
        return None


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
