"""Folds on a Ray cluster, from the bridge: a driver on one of its nodes.

Ray ends its driver's process a minute after the head has died, and writes where it likes: here that costs a bridge.
"""

from __future__ import annotations

import asyncio
import logging

import ray  # pyright: ignore[reportMissingImports]

from ..text import clean
from .far_session import Session
from .ray_session import RaySession
from .sessions import Sessions


class RayCluster(Sessions):
    """See `bridge.Cluster`."""

    what = "head"

    async def _reach(self) -> Session | None:
        try:
            watched = await asyncio.to_thread(_join)
            return RaySession(self._address, self._kit, self._news, watched)
        except ConnectionError:
            self._wrong = ""
        except Exception as error:  # noqa: BLE001 - whatever else Ray has to say: other versions, no token
            self._wrong = clean(f"{self._named} cannot be joined: {str(error).strip().partition(chr(10))[0]}", 300)
        await asyncio.to_thread(ray.shutdown)
        return None


def _join() -> dict[str, tuple[str, int]]:
    """Join the cluster; return what this process cannot do without: what it is -> where it listens."""
    ray.init(address="auto", logging_level=logging.ERROR, log_to_driver=False, configure_logging=False)
    context = ray.get_runtime_context()
    host, _, port = context.gcs_address.rpartition(":")
    here = next(node for node in ray.nodes() if node["NodeID"] == context.get_node_id())
    return {
        "the head": (host.strip("[]"), int(port)),
        "the raylet of this node": (here["NodeManagerAddress"], here["NodeManagerPort"]),
    }
