"""A Ray cluster of this machine's: a head with some cores, in a process group of its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import rmtree

import psutil
from dask_cluster import free_port
from places import SUPPORT

_DIE_WITH_TESTS = "import ctypes; ctypes.CDLL(None).prctl(1, 9)"


class RayCluster:
    """Made by Ray's own command line. `join` belongs into the environment of whoever is to find it.

    As a host of its own has, it has a temporary `folder` and a `home` of its own.
    """

    address = "ray:auto"

    def __init__(self, cores: int) -> None:
        # sockets lie in it, and their paths may have a hundred letters at most
        self.folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
        self.port = free_port()
        # a token of its own: it is nobody else's cluster, whatever whoever runs the tests has set up for Ray
        self.join = {"RAY_ADDRESS": f"127.0.0.1:{self.port}", "RAY_AUTH_MODE": "token"}
        self.join["RAY_AUTH_TOKEN"] = secrets.token_hex(16)
        self.cores = cores
        self.home = self.folder / "home"
        self.home.mkdir()
        self.start()

    def start(self) -> None:
        path = os.pathsep.join([str(SUPPORT), *filter(None, [os.environ.get("PYTHONPATH")])])
        settings = {"PYTHONPATH": path, "TUNETOP_TESTS_OWNER": str(os.getpid()), "TMPDIR": str(self.folder)}
        settings |= {"HOME": str(self.home)}
        settings |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_memory_monitor_refresh_ms": "0"}
        options = ["--head", "--block", "--port", str(self.port), "--num-cpus", str(self.cores), "--num-gpus", "0"]
        options += ["--node-ip-address", "127.0.0.1", "--include-dashboard", "false", "--disable-usage-stats"]
        # any free ones: from the ports that are Ray's own choice it refuses the one that was found for the head
        options += ["--min-worker-port", "0", "--max-worker-port", "0"]
        options += ["--object-store-memory", str(10**8), "--temp-dir", str(self.folder)]
        with open(self.folder / "cluster.txt", "ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-c",
                    f"{_DIE_WITH_TESTS}; from ray.scripts.scripts import main; main()",
                    "start",
                    *options,
                ],
                env=os.environ | settings | {name: self.join[name] for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def processes(self) -> list[psutil.Process]:
        """Return all that belongs to it: Ray gives some of it groups and parents of their own."""
        mark = str(self.folder)
        return [found for found in psutil.process_iter() if mark in _words(found) or found.pid == self.process.pid]

    def kill(self) -> None:
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()

    def close(self) -> None:
        self.kill()
        rmtree(self.folder, ignore_errors=True)


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return ""
