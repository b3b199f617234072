"""The life with one Dask scheduler: see `far_session`.

The scheduler need not have this package: what is sent it passes on unread. Nothing goes by `scatter`, whose copies are
taken back after seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import secrets
import time
from collections.abc import Awaitable
from typing import Any

from distributed import Client

from . import dask_far, far
from .bridge import FarKit, News
from .far_session import Session, called

_WISH = 0.5
"""Seconds that a task takes which only asks for a worker."""


class DaskSession(Session):
    """The life with one scheduler."""

    def __init__(self, client: Client, address: str, kit: FarKit, news: News) -> None:
        super().__init__(address, kit, news)
        self._client = client
        self._wish: Any = None

    @property
    def lives(self) -> bool:
        return self._client.status == "running"

    async def _members(self) -> dict[str, int]:
        if any(worker.place for worker in self._workers.values()):
            self._wish = None
        elif self._wish is None or self._wish.done():
            # a cluster that adapts to its tasks makes no worker before there is one, and ends those that have none
            wish = called(time.sleep, _WISH)
            self._wish = self._client.submit(pickle.loads, wish, pure=False, key=f"wish-{secrets.token_hex(8)}")
        return await self._client.nthreads()

    async def _said(self, address: str, call: bytes) -> Any:
        return (await self._client.run(pickle.loads, call, workers=[address], on_error="return"))[address]

    def _given(self, address: str, number: int, task: bytes, timeout: float | None) -> Awaitable[far.Said]:
        # never with a retry, nor anywhere else: what becomes of a lost task is the run's own business
        return self._client.submit(
            pickle.loads,
            called(dask_far.do, self._kit.name, number, task, timeout),
            workers=[address],
            allow_other_workers=False,
            retries=0,
            pure=False,
            key=f"tunetop-{self._kit.name}-{number}",
        )

    async def _cancelled(self, address: str, number: int, given: Any) -> None:
        with contextlib.suppress(Exception):
            await given.cancel(force=True)

    async def _stopped(self, call: bytes, seconds: float) -> None:
        with contextlib.suppress(Exception):
            stopping = self._client.run(pickle.loads, call, workers=list(self._workers), on_error="ignore")
            await asyncio.wait_for(stopping, seconds)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._client._close(), 0.3)

    async def shut(self) -> None:
        await shut(self._client)


async def shut(client: Client) -> None:
    """Let go of a client whose scheduler may be gone."""
    with contextlib.suppress(Exception):
        await asyncio.wait_for(client._close(), 2.0)
