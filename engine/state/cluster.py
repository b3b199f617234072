"""The hosts of a cluster as far as they are known: who is there, and who is busy."""

from __future__ import annotations

from ..events import WorkersChanged
from ..text import listed
from .trial import Job

_MOST_GONE = 100


class ClusterState:
    """The hosts that folds run on, where they do not run on the run's own."""

    def __init__(self) -> None:
        self.address = ""
        """Where the cluster is; empty: there is none."""
        self.hosts: dict[str, int] = {}
        """Each with the folds that it does at a time."""
        self.gone: dict[str, float] = {}
        """Hosts that were there and are not, each with when it went; the latest ones."""
        self.kernels: dict[str, str] = {}
        """The linear algebra of each host that there ever was."""
        self.notes: list[str] = []
        self.jobs: dict[Job, str] = {}
        """The jobs that hosts hold now, as far as that is known: see `RunState.running_jobs`."""
        self.idle_since: float | None = None
        """Since when at most half of the workers have had a fold to do; None: more have."""

    def begin_part(self, address: str) -> None:
        """Note that a run begins or goes on at an address."""
        self.address, self.hosts, self.notes, self.gone = address, {}, [], {}

    def change(self, event: WorkersChanged, t: float) -> None:
        """Take who is there now."""
        gone = {host: at for host, at in self.gone.items() if host not in event.hosts}
        gone |= {host: t for host in self.hosts if host not in event.hosts}
        self.gone = dict(list(gone.items())[-_MOST_GONE:])
        self.hosts, self.notes = event.hosts, event.notes
        self.kernels |= event.kernels

    def note_busy(self, jobs: int, workers: int, t: float) -> None:
        """Note how many jobs there are for so many workers."""
        idle = 2 * jobs <= workers and workers > 1
        self.idle_since = (self.idle_since or t) if idle else None

    @property
    def all_notes(self) -> list[str]:
        """What to know of the hosts; also whether their processors differ so that their sums may."""
        by_kernel: dict[str, list[str]] = {}
        for host, kernel in sorted(self.kernels.items()):
            by_kernel.setdefault(kernel, []).append(host)
        if len(by_kernel) < 2:
            return self.notes
        kinds = "; ".join(f"{kernel or 'unknown'} on {listed(hosts, 3)}" for kernel, hosts in sorted(by_kernel.items()))
        return [*self.notes, f"hosts differ in their linear algebra ({kinds}): so may the last digits of scores"]

    def busy(self) -> dict[str, int]:
        """Return for each host how many of its workers are at a fold; some hold one more, that lies ready."""
        given: dict[str, int] = {}
        for host in self.jobs.values():
            given[host] = given.get(host, 0) + 1
        return {host: min(given.get(host, 0), size) for host, size in self.hosts.items()}
