"""Dask's processes from a warm start: one process has imported Dask and scikit-learn, and forks all of them.

A scheduler, a worker or a bridge is a fork of it, each in a session of its own, and a child of no test's: what is told
of it is its number. A worker's post is a fork of that worker, as it is its child, and has a fork server in turn. All
of them are the real programs; only the importing is done, which took a worker with its post four seconds of processor
time, and each run's bridge one.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from forked import Child, Forked
from places import SUPPORT

_SIZE = 1 << 18
_DIE_WITH_PARENT, _NAME = 1, 15
"""What `prctl` is asked for."""


class WarmDask:
    """The warm process, as seen from a test process, with which it ends."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._line, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SIZE)
        self._asking = threading.Lock()
        code = "import sys, warm_dask; warm_dask.main(int(sys.argv[1]))"
        path = os.pathsep.join([str(SUPPORT), *filter(None, [os.environ.get("PYTHONPATH")])])
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code, str(theirs.fileno())],
                env={**os.environ, **environment, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def start(self, what: str, descriptors: tuple[int, ...], environment: Mapping[str, str], **more: Any) -> Forked:
        """Fork a scheduler, a worker or a bridge, with its standard output, and then whatever else it is handed."""
        letter = json.dumps({"what": what, "environment": dict(environment)} | more).encode()
        with self._asking:
            socket.send_fds(self._line, [letter], list(descriptors))
            return Forked(int(self._line.recv(64)))

    def starting_bridges(self, start_python: Callable[..., Any]) -> Callable[..., Any]:
        """Return what starts a module as `start_python` does, but for bridges, which are forked."""

        def start(module: str, *descriptors: int, output: Any = subprocess.DEVNULL) -> Any:
            if module != "bridge":
                return start_python(module, *descriptors, output=output)
            with open(os.devnull, "wb") as nowhere:
                return self.start("bridge", (nowhere.fileno(), *descriptors), os.environ)

        return start

    def close(self) -> None:
        self._line.close()
        self._process.kill()
        self._process.wait()


def main(descriptor: int) -> None:
    _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    import distributed.cli.dask_scheduler
    import distributed.cli.dask_worker  # noqa: F401
    import sklearn.ensemble
    import sklearn.metrics  # noqa: F401
    import tunetop.engine.workers.bridge
    import tunetop.engine.workers.dask_bridge
    import tunetop.engine.workers.dask_far
    import tunetop.engine.workers.fit
    import tunetop.engine.workers.fork_server
    import tunetop.engine.workers.post
    import tunetop.engine.workers.process  # noqa: F401

    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, lambda *_: _bury())
    line = socket.socket(fileno=descriptor)
    while True:
        letter, descriptors, _, _ = socket.recv_fds(line, _SIZE, 8)
        if not letter:
            return
        output, *kept = descriptors
        command = json.loads(letter)
        pid = _fork(command["what"], output, tuple(kept), lambda command=command, kept=kept: _be(command, kept))
        for one in descriptors:
            os.close(one)
        line.send(str(pid).encode())


def _bury() -> None:
    """Take leave of forks that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _fork(name: str, output: int, kept: tuple[int, ...], then: Callable[[], Any]) -> int:
    """Fork a process of its own session, with nothing open but its output and what it is handed; return its number."""
    begun, begin = os.pipe()
    pid = os.fork()
    if pid:
        os.close(begin)
        os.read(begun, 1)
        os.close(begun)
        return pid
    code = 1
    try:
        # what the process before has open, and its objects think they have, is closed here and looked at by nobody
        gc.freeze()
        os.setsid()
        _prctl(_NAME, name.encode())
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        nowhere = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, nowhere), (1, output), (2, output)):
            os.dup2(source, target)
        _close_all_but(kept)
        then()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - as the interpreter would do at the end of a program
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def _close_all_but(kept: tuple[int, ...]) -> None:
    last = 2
    for descriptor in (*sorted(kept), 1 << 16):
        os.closerange(last + 1, descriptor)
        last = descriptor


def _be(command: dict[str, Any], descriptors: list[int]) -> None:
    import dask.config
    from tunetop.engine.workers import bridge, warm

    os.environ.clear()
    os.environ.update(command["environment"])
    _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if command["what"] == "bridge":
        dask.config.refresh()
        bridge.main(",".join(map(str, descriptors)))
    os.chdir(command["cwd"])
    # as if Python began with it
    sys.path[:0] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in sys.path]
    dask.config.refresh()
    sys.argv = [f"dask-{command['what']}", *command["arguments"]]
    start_python = warm.start_python
    warm.start_python = lambda module, *handed, **more: _post(start_python, module, *handed, **more)
    sys.modules[f"distributed.cli.dask_{command['what']}"].main()


def _post(start_python: Callable[..., Any], module: str, *descriptors: int, output: Any = None) -> Any:
    """Fork a worker's post, which is its child and reaped by it."""
    from tunetop.engine.workers import post, warm

    if module != "post":
        return start_python(module, *descriptors, output=output)

    def be() -> None:
        warm.start_python = start_python
        line, theirs = socket.socketpair()
        server = _fork("fork_server", 1, (theirs.fileno(),), lambda: _serve(theirs))
        theirs.close()
        warm._server = warm._Server(Child(server), line)  # type: ignore[arg-type]
        post.main(",".join(map(str, descriptors)))

    return Child(_fork("workers.post", output.fileno(), descriptors, be))


def _serve(theirs: socket.socket) -> None:
    from tunetop.engine.workers import fork_server

    fork_server.main(str(theirs.detach()))


def _prctl(*words: Any) -> None:
    ctypes.CDLL(None).prctl(*words)
