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
        options = ["--head", "--port", str(self.port), "--include-dashboard", "false", "--temp-dir", str(self.folder)]
        self.process = self._begin(self.cores, "127.0.0.1", *options, "--disable-usage-stats")

    def start_node(self, cores: int, address: str) -> subprocess.Popen[bytes]:
        """Start a further node, at an address of this machine's that no other one has."""
        return self._begin(cores, address, "--address", f"127.0.0.1:{self.port}")

    def _begin(self, cores: int, address: str, *options: str) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(SUPPORT), *filter(None, [os.environ.get("PYTHONPATH")])])
        settings = {"PYTHONPATH": path, "TUNETOP_TESTS_OWNER": str(os.getpid()), "TMPDIR": str(self.folder)}
        settings |= {"HOME": str(self.home), "RAY_raylet_start_wait_time_s": "300"}
        settings |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_memory_monitor_refresh_ms": "0"}
        settings |= {name: self.join[name] for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")}
        options += ("--block", "--num-cpus", str(cores), "--num-gpus", "0", "--node-ip-address", address)
        # any free ones: from the ports that are Ray's own choice it refuses the one that was found for the head
        options += ("--min-worker-port", "0", "--max-worker-port", "0", "--object-store-memory", str(10**8))
        code = f"{_DIE_WITH_TESTS}; from ray.scripts.scripts import main; main()"
        with open(self.folder / "cluster.txt", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-c", code, "start", *options],
                env=os.environ | settings,
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
