"""What makes workers, begun as soon as a person has said where folds are to run: it imports while this process does.

Here that is the fork server (`warm`), for a cluster the bridge. Nothing heavy is imported for that.
"""

from __future__ import annotations

import contextlib
import threading
from multiprocessing.connection import Pipe

from . import warm

_DASK = "dask_bridge:DaskCluster"
CLUSTERS = {"tcp": _DASK, "tls": _DASK, "file": _DASK, "ray": "ray_bridge:RayCluster"}
"""How an address begins -> the module here, and in it the class, that speaks with such a cluster."""

_FAREWELL = 5.0
"""Seconds that a bridge may take to end by itself."""


class BridgeProcess:
    """A bridge as its run sees it: the pipe of `orders` to it, and that of `news` from it."""

    def __init__(self, address: str) -> None:
        theirs, self.orders = Pipe(duplex=False)
        self.news, theirs_too = Pipe(duplex=False)
        with theirs, theirs_too:
            self._process = warm.start_python("bridge", theirs.fileno(), theirs_too.fileno())
        with contextlib.suppress(OSError):  # whoever speaks to it next notices its end
            self.orders.send(address)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def close(self) -> None:
        """See to it that it ends, by itself if it does that soon."""
        self.orders.close()
        with contextlib.suppress(Exception):
            self._process.wait(_FAREWELL)
        self._process.kill()
        self._process.wait()
        self.news.close()


_bridges: dict[str, BridgeProcess] = {}
"""Bridges that no run has taken yet, by the address that they are for."""

_lock = threading.Lock()


def begin_workers(cluster: str) -> None:
    """Begin what makes workers at a cluster's address, "" for this machine, and return at once."""
    if not cluster:
        warm.warm_up()
        return
    with _lock:
        if cluster not in _bridges and cluster.partition(":")[0] in CLUSTERS:
            _bridges[cluster] = BridgeProcess(cluster)


def bridge_to(cluster: str) -> BridgeProcess:
    """Return a bridge that is the caller's own: the one that was begun for this address, or a new one."""
    with _lock:
        return _bridges.pop(cluster, None) or BridgeProcess(cluster)
