"""Hosts that are none: network namespaces of this machine, each with a name, a temporary folder and a cable of its own.

Making them needs root, and `ip` and `unshare`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def possible() -> bool:
    """Tell whether such hosts can be made here."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("ip", "unshare"))):
        return False
    return subprocess.run(["unshare", "--net", "--uts", "true"], capture_output=True).returncode == 0


class Host:
    """A namespace, reached at `address`; from it, this machine is at `gateway`."""

    def __init__(self, name: str, number: int, folder: Path) -> None:
        self.name, self.folder = name, folder / name
        self.folder.mkdir()
        self._space = f"tunetop-{os.getpid()}-{number}"
        self._cable = f"tt{os.getpid() % 10**6}n{number}"
        self.gateway, self.address = f"10.231.{number}.1", f"10.231.{number}.2"
        _ip("netns", "add", self._space)
        try:
            _ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self._space)
            _ip("addr", "add", f"{self.gateway}/30", "dev", self._cable)
            _ip("link", "set", self._cable, "up")
            _ip("-n", self._space, "addr", "add", f"{self.address}/30", "dev", "eth0")
            _ip("-n", self._space, "link", "set", "lo", "up")
            _ip("-n", self._space, "link", "set", "eth0", "up")
            _ip("-n", self._space, "route", "add", "default", "via", self.gateway)
        except BaseException:
            self.close()
            raise

    def command(self, arguments: list[str]) -> list[str]:
        """Return the command that does the same on this host; its process has the same number."""
        named = ["unshare", "--uts", "sh", "-c", f'hostname {self.name}; exec "$@"', "sh"]
        return ["ip", "netns", "exec", self._space, *named, *arguments]

    def pull_cable(self) -> None:
        """Cut it off, with no word to anybody."""
        _ip("-n", self._space, "link", "set", "eth0", "down")

    def close(self) -> None:
        """Take it away; what still runs there keeps its network until it ends."""
        for words in (("link", "del", self._cable), ("netns", "del", self._space)):
            subprocess.run(["ip", *words], capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
