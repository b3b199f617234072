"""What the monitor sends over a thin line, measured on a real terminal: table, sparklines and heatmap at 120x36."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from feeding import FedRun
from places import SUPPORT
from terminal import SSH_SETTINGS, Terminal

SIZE = (120, 36)
CALM = 2.0
"""Seconds after which everything that was there at the beginning is painted."""


@pytest.fixture
def fed(tmp_path: Path) -> Iterator[FedRun]:
    run = FedRun(tmp_path / "runs", trials=20_000)
    yield run
    run.close()


def watch(run: FedRun, tmp_path: Path, *more: str) -> Terminal:
    columns, rows = SIZE
    program = str(SUPPORT / "attached_app.py")
    terminal = Terminal(
        [sys.executable, program, str(run.store.root), run.folder.id, "--thin", *more],
        columns=columns,
        rows=rows,
        environment=SSH_SETTINGS | {"TUNETOP_CONFIG_DIR": str(tmp_path / "config")},
    )
    terminal.wait_for("folds")
    # the heatmap is in view beside the table and the sparklines
    terminal.wait_for("1e-3")
    return terminal


def settled(terminal: Terminal) -> float:
    time.sleep(CALM)
    terminal.quiet(0.5)
    return time.monotonic()


@pytest.mark.parametrize(("rate", "seconds", "median_limit"), [(1, 8, 1500), (10, 8, 6000)])
def test_following_the_newest_costs_little(
    fed: FedRun, tmp_path: Path, rate: float, seconds: int, median_limit: int
) -> None:
    fed.load(12)
    with watch(fed, tmp_path) as terminal:
        began = settled(terminal)
        writer = fed.feed(rate, seconds)
        writer.join()
        ended = time.monotonic()
        per_second = terminal.bytes_per_second(began, ended)
        print(rate, per_second)
        assert statistics.median(per_second) <= median_limit
        assert terminal.most_in_a_second(began, ended) <= 20_000
        terminal.wait_for(f"{fed.number + 21}/")


def test_nothing_happening_costs_next_to_nothing(fed: FedRun, tmp_path: Path) -> None:
    fed.load(12)
    with watch(fed, tmp_path) as terminal:
        began = settled(terminal)
        time.sleep(6)
        sent = terminal.bytes_between(began, began + 6)
        print(sent / 6)
        assert sent / 6 <= 150


def test_a_flood_of_trials_is_calm_on_the_line_and_whole_in_the_table(fed: FedRun, tmp_path: Path) -> None:
    with watch(fed, tmp_path) as terminal:
        began = settled(terminal)
        writer = fed.feed(1000, 5)
        writer.join()
        ended = time.monotonic()
        per_second = terminal.bytes_per_second(began, ended)
        print(per_second)
        assert statistics.median(per_second) <= 10_000
        assert max(per_second) <= 20_000
        terminal.wait_for("5,021/20,055")
        terminal.wait_for("4999  random")
        terminal.type("G")
        terminal.wait_for("0  baseline")
