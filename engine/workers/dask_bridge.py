"""Folds on a Dask cluster, from the bridge: a client, one look after another at who is there, a task a fold.

What Dask's own client would do when its scheduler is gone is to wait with all tasks: here it is given up instead.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import ssl
from typing import Any

from distributed import Client
from distributed.core import rpc

from ..text import clean
from . import versions
from .bridge import FarKit, Found, scheduler_of
from .dask_session import DaskSession, shut
from .far_session import Session
from .sessions import Sessions

_CONNECT = 5.0


class DaskCluster(Sessions):
    """See `bridge.Cluster`."""

    def connect(self, address: str, kit: FarKit) -> None:
        logging.getLogger("distributed").setLevel(logging.ERROR)
        super().connect(address, kit)

    async def _reach(self) -> Session | None:
        try:
            address = scheduler_of(self._address)
        except OSError as error:
            self._wrong = f"{self._named} cannot be read: {error.strerror}"
            return None
        except ValueError as error:
            self._wrong = clean(str(error), 300)
            return None
        client = None
        try:
            # the client's own pauses between looks for a scheduler grow to seconds
            await asyncio.wait_for(_knock(address), _CONNECT)
            client = Client(address, asynchronous=True, timeout=_CONNECT, set_as_default=False, name="tunetop")
            await asyncio.wait_for(_ready(client), 2 * _CONNECT)
            return DaskSession(client, self._address, self._kit, self._news)
        except Exception as error:  # noqa: BLE001 - no scheduler, no certificate, or whatever else answers there
            reason = _reason(error)
            if reason.startswith(_STRANGE) and (refusal := await _refusal(address, client)):
                self._news.places(Found(refused=(refusal,)))
            self._wrong = clean(f"{self._named} cannot be joined: {reason}", 300) if reason else ""
        if client is not None:
            await shut(client)
        return None


async def _knock(address: str) -> None:
    """Return once somebody answers at an address; raise what keeps them from it."""
    host, _, port = address.partition("://")[2].rpartition(":")
    _, line = await asyncio.open_connection(host.strip("[]"), int(port))
    line.close()


async def _refusal(address: str, client: Client | None) -> str:
    """Return of which version a scheduler is that speaks otherwise; "" where it is of the same, or none at all."""
    scheduler = rpc(address, connection_args=client.connection_args if client is not None else {})
    try:
        there: Any = await asyncio.wait_for(scheduler.versions(), _CONNECT)
        here = {"distributed": importlib.metadata.version("distributed")}
        return versions.refusal(f"the scheduler at {address}", here, there["packages"])
    except Exception:  # noqa: BLE001 - whatever else listens there; what it is not has been found already
        return ""
    finally:
        await scheduler.close_rpc()


async def _ready(client: Client) -> None:
    await client


_STRANGE = "what answers is no scheduler of Dask's"

_ABSENT = (ConnectionRefusedError, TimeoutError, asyncio.CancelledError)
"""What is at the bottom of a failure where nobody answers."""


def _reason(error: BaseException) -> str:
    """Return why a scheduler cannot be joined; "" where there is none."""
    cause = error
    while (deeper := cause.__cause__ or cause.__context__) is not None:
        cause = deeper
    if isinstance(cause, _ABSENT):
        return ""
    if "ssl_context" in str(error) or isinstance(error, FileNotFoundError):
        return "Dask's configuration has no certificates that can be read (distributed.comm.tls)"
    if isinstance(cause, ssl.SSLError):
        return f"{getattr(cause, 'verify_message', '') or cause.reason} (certificates are told in distributed.comm.tls)"
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    return f"{_STRANGE} ({type(cause).__name__})"
