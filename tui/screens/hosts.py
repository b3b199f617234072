"""The hosts of a cluster: who is there, how busy each one is, and what it is at."""

from __future__ import annotations

import time

from rich.style import Style
from rich.text import Text

from ...engine.state import ClusterState, RunState
from ...engine.text import clean
from ..render.lines import fit, width_of, wrapped
from ..render.look import Look
from ..render.numbers import count
from ..sessions.base import Session
from ..widgets.header import idle_hint
from ..widgets.pane import Row, line
from .base import PaneScreen
from .host import Host

_BOLD = Style(bold=True)
_MOST_CELLS = 40


class HostsScreen(PaneScreen[None], where="hosts"):
    """Each host of a run's cluster in a line, live: its workers, those at a fold, and the folds."""

    def __init__(self, host: Host, session: Session) -> None:
        super().__init__(host)
        self._session = session

    def refresh_news(self) -> None:
        """Show who is there now, and what they are at."""
        self.reload()

    def head(self) -> tuple[Text, Text]:
        """Return where the cluster is, and how many of its workers are at a fold."""
        state, look = self._session.state, self.look
        cluster = state.cluster
        busy = f"{count(sum(cluster.busy().values()))}/{count(state.workers)} workers busy "
        where = clean(cluster.address, 60) or clean(state.host, 60) or "this machine"
        return line(" ", ("Hosts", _BOLD), "  ", (where, look.dim_style)), line((busy, look.dim_style))

    def _rows(self, width: int) -> list[Row]:
        return host_rows(self._session.state, self.look, width, time.time())


def host_rows(state: RunState, look: Look, width: int, now: float) -> list[Row]:
    """Return a row a host, busy ones marked, and what is to be known of the cluster, of at most `width` cells."""
    cluster = state.cluster
    if not cluster.address:
        said = "All folds are done on this run's own machine; --cluster ADDRESS runs them on others."
        return [Row(line(" ", part, width=width)) for part in wrapped(said, max(width - 2, 20))]
    if not cluster.hosts:
        rows = [Row(line(" No host is there just now.", width=width))]
    else:
        rows = _busy_rows(cluster, look, width)
    notes = [*cluster.all_notes, *filter(None, (idle_hint(state, now),))]
    for note in notes:
        first, *rest = wrapped(clean(note, 600), max(width - 5, 20)) or [""]
        rows += [Row(line()), Row(line((" ! ", look.fore(look.warn)), first, width=width))]
        rows += [Row(line("   ", part, width=width)) for part in rest]
    return rows


def _busy_rows(cluster: ClusterState, look: Look, width: int) -> list[Row]:
    busy, jobs = cluster.busy(), _jobs_by_host(cluster)
    longest = min(max(width_of(clean(host, 60)) for host in cluster.hosts), max(width // 3, 8))
    cells = min(max(cluster.hosts.values()), _MOST_CELLS, max(width - longest - 24, 0))
    rows = []
    for host, size in sorted(cluster.hosts.items()):
        full = round(busy[host] / size * min(size, cells)) if size else 0
        bar = (look.full * full, look.fore(look.accent)), (look.empty * (min(size, cells) - full), look.dim_style)
        numbers = f"{busy[host]:>4}/{size:<4} "
        text = line(" ", fit(clean(host, 60), longest), " ", numbers, *bar, " " * (cells - min(size, cells)))
        text.append("  " + ", ".join(jobs.get(host, ())), look.dim_style)
        text.truncate(width, overflow="ellipsis")
        rows.append(Row(text))
    return rows


def _jobs_by_host(cluster: ClusterState) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for (method, number, folds), host in cluster.jobs.items():
        which = f" fold {', '.join(str(fold + 1) for fold in folds)}" if folds else ""
        found.setdefault(host, []).append(f"{clean(method, 20)} #{number}{which}")
    return found
