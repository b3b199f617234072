"""The monitor on a real terminal: what a person would see there, read back from the bytes that were sent."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from feeding import FedRun
from places import SUPPORT
from running import wait_until
from terminal import Terminal

PROGRAM = str(SUPPORT / "attached_app.py")


@pytest.fixture
def fed(tmp_path: Path) -> Iterator[FedRun]:
    run = FedRun(tmp_path / "runs", trials=400)
    run.load(30)
    yield run
    run.close()


def watch(run: FedRun, columns: int, rows: int, *more: str, **environment: str) -> Terminal:
    command = [sys.executable, PROGRAM, str(run.store.root), run.folder.id, *more]
    terminal = Terminal(command, columns=columns, rows=rows, environment=environment)
    terminal.wait_for("? help")
    return terminal


def redrawn(terminal: Terminal) -> tuple[list[str], list[str]]:
    """Return the screen as it came about from differences, and after it was painted again from nothing."""
    # views are drawn last, over a thin line after up to 1.5 s
    terminal.quiet(2.0)
    before, chunks = terminal.lines(), len(terminal.chunks)
    terminal.type("\x0c")
    wait_until(lambda: len(terminal.chunks) > chunks)
    terminal.quiet()
    return before, terminal.lines()


@pytest.mark.parametrize("more", [(), ("--thin",), ("--colors", "256"), ("--colors", "16"), ("--colors", "none")])
def test_the_picture_made_of_differences_is_the_picture(fed: FedRun, more: tuple[str, ...]) -> None:
    with watch(fed, 120, 36, *more) as terminal:
        terminal.wait_for("29  random")
        fed.feed(20, 2).join()
        terminal.type("jjjs/score>0.9\rv")
        fed.load(3)
        fed.end()
        terminal.wait_for("done")
        before, after = redrawn(terminal)
        assert before == after
        assert any("★" in line for line in before)


def test_a_storm_of_resizes_ends_in_the_picture(fed: FedRun) -> None:
    with watch(fed, 80, 24) as terminal:
        for step in range(50):
            terminal.resize(60 + (37 * step) % 141, 16 + (13 * step) % 45)
        terminal.resize(120, 36)
        fed.end()
        terminal.wait_for(lambda text: "done" in text and "? help" in text.splitlines()[-1])
        before, after = redrawn(terminal)
        assert before == after
        assert after[-1].rstrip().endswith("? help")
        assert terminal.process.poll() is None


def test_keys_reach_everything_on_the_smallest_screen(fed: FedRun) -> None:
    with watch(fed, 60, 16) as terminal:
        terminal.wait_for("29 random")
        terminal.type("G")
        terminal.wait_for("▸  0 baseline")
        terminal.type("4")
        terminal.wait_for("4 path")
        terminal.type("F")
        terminal.wait_for(lambda text: "baseline ▶" not in text and "best accuracy so far" in text)
        terminal.type("F1/method:grid")
        # as it is typed: in so narrow a head it is cut short once it holds
        terminal.wait_for("method:grid")
        terminal.type("\r")
        terminal.wait_for(lambda text: "grid" in text and "random     " not in text.split("method")[-1])
        terminal.type("0")
        terminal.wait_for("no trial has failed")
        terminal.type("q")
        assert terminal.process.wait(300) == 0


def test_no_colour_is_sent_where_none_is_wanted(fed: FedRun) -> None:
    with watch(fed, 120, 36, "--colors", "none") as terminal:
        terminal.wait_for("29  random")
        fed.feed(20, 1).join()
        data = b"".join(chunk for _, chunk in terminal.chunks)
    assert b"\x1b[38;" not in data
    assert b";38;2;" not in data
    assert b"48;2;" not in data
