"""The life with one Ray cluster: see `far_session`. A worker is an actor on each node, with all cores that are free.

Every call that may wait for the cluster is made in a thread: Ray's own waits are not to be ended otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
from collections.abc import Awaitable
from typing import Any

import ray  # pyright: ignore[reportMissingImports]
from ray._private.state import available_resources_per_node  # pyright: ignore[reportMissingImports]
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # pyright: ignore[reportMissingImports]

from . import far
from .bridge import FarKit, News
from .far_session import Session
from .ray_far import TALK, Actor
from .ray_watch import SILENT, end_without


class RaySession(Session):
    """The life with one head."""

    who = "head"

    def __init__(self, address: str, kit: FarKit, news: News, watched: dict[str, tuple[str, int]]) -> None:
        """Begin, and have the process end as soon as one of the `watched` is gone: what it is -> where it listens."""
        super().__init__(address, kit, news)
        self._actors: dict[str, Any] = {}
        for what, where in watched.items():
            end_without(what, where, news)

    @property
    def lives(self) -> bool:
        """Always: once the head is gone this process is ended, by Ray or by itself, and the run begins the next."""
        return True

    async def _members(self) -> dict[str, int]:
        """Return nodes, each with its cores: those that are free when it is seen first."""
        nodes, free = await asyncio.to_thread(_nodes)
        # needs nothing of Python's own: Ray may stand still in the middle of its own end
        faulthandler.dump_traceback_later(SILENT, exit=True)
        found: dict[str, int] = {}
        for node, address in nodes.items():
            known = self._workers.get(address)
            if size := known.size if known is not None else free.get(node, 0):
                found[address] = size
        for address in [address for address in self._actors if address not in found]:
            _end(self._actors.pop(address))
        return found

    async def _reached(self, address: str, size: int) -> None:
        if (old := self._actors.pop(address, None)) is not None:
            _end(old)
        here = NodeAffinitySchedulingStrategy(address.rpartition(":")[2], soft=False)
        # never again by itself: what becomes of a lost task is the run's own business
        once: dict[str, Any] = {"max_restarts": 0, "max_task_retries": 0, "num_cpus": size, "max_concurrency": size}
        remote: Any = ray.remote
        made = remote(concurrency_groups={TALK: 4}, **once)(Actor)
        self._actors[address] = made.options(scheduling_strategy=here).remote(size)

    async def _said(self, address: str, call: bytes) -> Any:
        return await _awaited(self._actors[address].call.remote(call))

    def _given(self, address: str, number: int, task: bytes, timeout: float | None) -> Awaitable[far.Said]:
        return _awaited(self._actors[address].do.remote(self._kit.name, number, task, timeout))

    async def _cancelled(self, address: str, number: int, given: Any) -> None:
        if (actor := self._actors.get(address)) is not None:
            actor.cancel.remote(number)

    async def _stopped(self, call: bytes, seconds: float) -> None:
        said = [_awaited(actor.call.remote(call)) for actor in self._actors.values()]
        if said:
            await asyncio.wait(said, timeout=seconds / 2)
        for actor in self._actors.values():
            _end(actor)

    async def shut(self) -> None:
        self._actors.clear()


def _nodes() -> tuple[dict[str, str], dict[str, int]]:
    """Return the nodes that live, with an address for each, and how many of its cores nobody uses."""
    alive = [node for node in ray.nodes() if node["Alive"]]
    free = available_resources_per_node()
    addresses = {node["NodeID"]: f"ray://{node['NodeManagerAddress']}:{node['NodeID']}" for node in alive}
    return addresses, {node: int(resources.get("CPU", 0)) for node, resources in free.items()}


def _awaited(reference: Any) -> asyncio.Future[Any]:
    return asyncio.wrap_future(reference.future())


def _end(actor: Any) -> None:
    with contextlib.suppress(Exception):
        ray.kill(actor)
