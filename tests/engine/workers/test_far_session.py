"""The life with a cluster, one of our own making, whose workers say what they are at."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable
from typing import Any

import pytest
from running import LONG
from tunetop.engine.workers import far, far_worker, versions
from tunetop.engine.workers.bridge import FarKit, Found
from tunetop.engine.workers.far_session import Session


class Told:
    """Keeps what was said last."""

    def __init__(self) -> None:
        self.found, self.wrong = Found(), ""

    def places(self, found: Found) -> None:
        self.found = found

    def doing(self, address: str, numbers: list[int]) -> None: ...

    def answered(self, number: int, letter: bytes) -> None: ...

    def late(self, number: int) -> None: ...

    def trouble(self, trouble: str) -> None:
        self.wrong = trouble


class Played(Session):
    """A cluster of two workers with a thread each; `at` are the tasks that each one says it does."""

    lives = True

    def __init__(self, news: Told) -> None:
        super().__init__("tcp://here:1", FarKit("kit", {}, (), versions.installed()), news)
        self.at: dict[str, list[int]] = {"tcp://ada:1": [], "tcp://bob:1": []}
        self.given: dict[int, asyncio.Future[far.Said]] = {}

    async def _members(self) -> dict[str, int]:
        return dict.fromkeys(self.at, 1)

    async def _said(self, address: str, call: bytes) -> Any:
        if b"probe" in call:
            return pickle.loads(call)
        return {"reason": "", "kernel": "", "doing": self.at[address]} if b"status" in call else None

    def _given(self, address: str, number: int, task: bytes, timeout: float | None) -> Awaitable[far.Said]:
        self.given[number] = asyncio.get_running_loop().create_future()
        return self.given[number]

    async def _cancelled(self, address: str, number: int, given: Any) -> None: ...

    async def _stopped(self, call: bytes, seconds: float) -> None: ...

    async def shut(self) -> None: ...


def test_that_all_workers_have_other_work_is_told_until_one_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(far, "_has_data", lambda kit: True)
    monkeypatch.setattr(far_worker, "STUCK", 0.05)
    said = "every worker at tcp://here:1 has other work, or is paused: waiting, since "
    asyncio.run(asyncio.wait_for(_other_work(said), LONG))


async def _other_work(said: str) -> None:
    news = Told()
    session = Played(news)

    async def until(wrong: bool) -> None:
        while news.wrong.startswith(said) != wrong:
            await session.look()

    while len(news.found.places) < 2:
        await session.look()
    session.begin("tcp://ada:1", 1, b"", None)
    await until(wrong=True)
    # a second one has its fold begun at once: not all of them wait
    session.at["tcp://bob:1"] = [2]
    session.begin("tcp://bob:1", 2, b"", None)
    await until(wrong=False)
    session.at["tcp://bob:1"] = []
    session.given[2].set_result((far.DONE, b""))
    await until(wrong=True)
    session.at["tcp://ada:1"] = [1]
    await until(wrong=False)
