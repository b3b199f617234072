"""The hosts of a cluster: who is there, how busy each one is, and what it is at."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable

from rich.style import Style
from rich.text import Text

from ...engine.state import ClusterState, RunState
from ...engine.text import clean
from ..render.lines import fit, width_of
from ..render.look import Look
from ..render.numbers import count
from ..sessions.base import Session
from ..widgets.header import idle_hint
from ..widgets.pane import Row, hanging, line
from .base import PaneScreen
from .host import Host

_BOLD = Style(bold=True)
_MOST_CELLS = 40

_DIGITS = re.compile(r"(\d+)")

_MANY = 20
"""Hosts that fit on a small screen: where there are more, a cell for each shows all of them at once."""

_LATELY = 600.0
"""Seconds for which a host that went is told of."""

_NAMED = 3


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
        return host_rows(self._session.state, self.look, width, time.time(), self._session.trouble)


def host_rows(state: RunState, look: Look, width: int, now: float, trouble: str = "") -> list[Row]:
    """Return a row a host, busy ones marked, and what is to be known of the cluster, of at most `width` cells.

    What is wrong just now comes first: `trouble`, and hosts that went.
    """
    cluster = state.cluster
    if not cluster.address:
        said = "All folds are done on this run's own machine; --cluster ADDRESS runs them on others."
        return hanging(line(" "), said, max(width - 2, 20))
    rows = [row for wrong in filter(None, (trouble, _gone(cluster, now))) for row in _marked(wrong, look, width)]
    rows += [Row(line())] * bool(rows)
    if not cluster.hosts:
        rows.append(Row(line(" No host is there just now.", width=width)))
    else:
        rows += [*_all_at_once(cluster, look, width), *_busy_rows(cluster, look, width)]
    for note in [*cluster.all_notes, *filter(None, (idle_hint(state, now),))]:
        rows += [Row(line()), *_marked(note, look, width)]
    return rows


def _marked(note: str, look: Look, width: int) -> list[Row]:
    return hanging(line((" ! ", look.fore(look.warn))), clean(note, 600), max(width - 5, 20))


def _gone(cluster: ClusterState, now: float) -> str:
    """Return which hosts went lately, the last one first; "" where none did."""
    lately = [(host, now - at) for host, at in reversed(cluster.gone.items()) if now - at < _LATELY]
    named = ", ".join(f"{clean(host, 60)} {max(ago, 0):.0f} s ago" for host, ago in lately[:_NAMED])
    more = f" and {len(lately) - _NAMED} more" if len(lately) > _NAMED else ""
    whose = "its" if len(lately) == 1 else "their"
    return f"gone: {named}{more}; {whose} folds are done elsewhere" if lately else ""


def _in_order(hosts: Iterable[str]) -> list[str]:
    """Return hosts by name, numbers in them by size."""
    return sorted(hosts, key=lambda host: [part.zfill(20 * part.isdecimal()) for part in _DIGITS.split(host)])


def _all_at_once(cluster: ClusterState, look: Look, width: int) -> list[Row]:
    """Return a cell a host, the fuller the busier, where there are too many for a line each to be seen at once."""
    if len(cluster.hosts) <= _MANY:
        return []
    busy, shades = cluster.busy(), look.shades.replace(" ", look.glyph("·"))
    shares = [busy[host] / max(cluster.hosts[host], 1) for host in _in_order(cluster.hosts)]
    cells = [shades[math.ceil(share * (len(shades) - 1))] for share in shares]
    room = max(width - 2, 1)
    lines = ["".join(cells[at : at + room]) for at in range(0, len(cells), room)]
    return [*(Row(line(" ", (part, look.fore(look.accent)), width=width)) for part in lines), Row(line())]


def _busy_rows(cluster: ClusterState, look: Look, width: int) -> list[Row]:
    busy, jobs = cluster.busy(), _jobs_by_host(cluster)
    longest = min(max(width_of(clean(host, 60)) for host in cluster.hosts), max(width // 3, 8))
    cells = min(max(cluster.hosts.values()), _MOST_CELLS, max(width - longest - 24, 0))
    rows = []
    for host in _in_order(cluster.hosts):
        size = cluster.hosts[host]
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
