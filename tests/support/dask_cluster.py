"""A Dask cluster of this machine's: a scheduler and workers, each in a process group of its own."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from hosts import Host
from places import SUPPORT
from warm_dask import Forked, WarmDask

AT_REST = {
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "10s",
    "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "10s",
    "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
}
"""What Dask looks at of itself, seldom: a scheduler and two workers took 70 ms of processor time a second at rest."""

_DIE_WITH_TESTS = "import ctypes; ctypes.CDLL(None).prctl(1, 9)"


def free_port() -> int:
    """Return a port that nobody has, of those that are given to nobody who does not ask for them by number."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as taken, contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port


def having(folder: Path, package: str, version: str, code: bool = False) -> str:
    """Return a PYTHONPATH for a worker on which another version of a package lies, as far as anybody can tell.

    With `code`, it is imported from there as well, and has nothing in it.
    """
    told = folder / f"{package}-{version}" / f"{package}-{version}.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    if code:
        (told.parent / package).mkdir()
        (told.parent / package / "__init__.py").touch()
    return os.pathsep.join([str(told.parent), str(SUPPORT)])


class DaskCluster:
    """Made by processes of Dask's own command line; `address` is the scheduler's, which it tells in a file too.

    With `settings`, which are environment variables that tell Dask of certificates, all of it speaks TLS. From a `warm`
    process, they need import nothing.
    """

    def __init__(
        self,
        folder: Path,
        threads: tuple[int, ...] = (),
        listen: str = "127.0.0.1",
        settings: dict[str, str] | None = None,
        warm: WarmDask | None = None,
    ) -> None:
        self.folder, self._listen, self._settings, self._warm = folder, listen, settings or {}, warm
        self.port = free_port()
        self._scheme = "tls" if settings else "tcp"
        self.address = f"{self._scheme}://127.0.0.1:{self.port}"
        self.file = folder / "scheduler.json"
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker(many) for many in threads]

    def start_scheduler(self) -> Any:
        options = ["--host", self._listen, "--port", str(self.port), "--no-dashboard", "--no-show"]
        options += ["--protocol", self._scheme, "--scheduler-file", str(self.file)]
        self.scheduler = self._start("scheduler", *options, warm=self._warm)
        return self.scheduler

    def start_worker(
        self,
        threads: int = 1,
        *options: str,
        nanny: bool = False,
        host: Host | None = None,
        cold: bool = False,
        **environment: str,
    ) -> Any:
        """Start a worker, of this machine's or on another host; a `cold` one imports for itself what it finds."""
        address = self.address if host is None else f"{self._scheme}://{host.gateway}:{self.port}"
        folder = self.folder if host is None else host.folder
        flags = ["--nthreads", str(threads), "--no-dashboard", "--nanny" if nanny else "--no-nanny"]
        options = (address, *flags, "--local-directory", str(folder), *options)
        warm = None if nanny or cold else self._warm
        return self._start("worker", *options, host=host, warm=warm, **({"TMPDIR": str(folder)} | environment))

    def _start(
        self, *arguments: str, host: Host | None = None, warm: WarmDask | None = None, **environment: str
    ) -> subprocess.Popen[bytes] | Forked:
        path = os.pathsep.join([str(SUPPORT), *filter(None, [os.environ.get("PYTHONPATH")])])
        settings = {"PYTHONPATH": path, "TUNETOP_TESTS_OWNER": str(os.getpid()), "TMPDIR": str(self.folder)}
        settings |= AT_REST | self._settings
        code = f"{_DIE_WITH_TESTS}; from distributed.cli.dask_{arguments[0]} import main; main()"
        command = [sys.executable, "-P", "-c", code, *arguments[1:]]
        with open(self.folder / "cluster.txt", "ab") as log:
            if warm is not None and host is None:
                told = {"arguments": arguments[1:], "cwd": str(self.folder)}
                return warm.start(arguments[0], (log.fileno(),), os.environ | settings | environment, **told)
            return subprocess.Popen(
                command if host is None else host.command(command),
                env=os.environ | settings | environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def close(self) -> None:
        for process in [*self.workers, self.scheduler]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGCONT)
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
