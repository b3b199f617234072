"""The screen of a race: what it says at every size, live and over, and what its keys do."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from app_runs import SIZES, app_for, text_of, until
from racing import begun, conductor, counted, ended, fits_before, made, states
from tunetop.engine.record.lock import RunLocked
from tunetop.engine.tournament.compare import Course, fewest_seeds, power_note, tournament_summary
from tunetop.engine.tournament.conductor import Tournament
from tunetop.engine.verdict.over_seeds import CurvePoint, TournamentSummary
from tunetop.tui.app.sessions import LEFT_RUNNING, STOPPED
from tunetop.tui.cli.main import main
from tunetop.tui.render.look import DARK
from tunetop.tui.screens.comparison import ComparisonScreen
from tunetop.tui.screens.leave import LeaveScreen
from tunetop.tui.screens.monitor.screen import MonitorScreen
from tunetop.tui.screens.tournament.screen import TournamentScreen
from tunetop.tui.views.tournament_curves import draw
from turnstile import Turnstile


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> Tournament:
    folder = tmp_path_factory.mktemp("race")
    return ended(begun(made(folder, text=counted(folder / "ledger"))))


def opened(tmp_path: Path, race: Tournament) -> Any:
    return app_for(tmp_path, store=race.folder.store, race=race.folder)


def stand(figures: list[str], method: str, shown: str) -> bool:
    """Tell whether figures stand in the one line of a method."""
    lines = [line for line in shown.splitlines() if line.strip().startswith(method + " ")]
    return len(lines) == 1 and all(figure in lines[0] for figure in figures)


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_race_is_opened_with_ranks_curves_seeds_and_tests(
    tmp_path: Path, over: Tournament, size: tuple[int, int]
) -> None:
    assert over.summary is not None
    app = opened(tmp_path, over)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: app.sessions.tournament.summed == (0, 1, 2))
        # the figures of fewer seeds, which may be the same here and there, stand until those of all are painted
        for row in over.summary.methods:
            figures = [f"{row.mean_rank:.2f}", f"{row.final.median:.4f}"]
            figures.append(f"{row.final.q1:.4f} … {row.final.q3:.4f}")
            await until(pilot, lambda row=row, figures=figures: stand(figures, row.method, text_of(app)))
        await until(pilot, lambda: all(word in text_of(app) for word in ("by trial", "Small tree", "done")))
        await pilot.press("o")
        await until(pilot, lambda: "by fit seconds" in text_of(app) and " s" in text_of(app))
        await pilot.press("3")
        pair = over.summary.comparisons[0]
        said = f"{max(pair.wins, pair.losses)} to {min(pair.wins, pair.losses)} of 3 seeds, Wilcoxon"
        await until(pilot, lambda: said in text_of(app) and "3 seeds are too few" in text_of(app))
        await pilot.press("2")
        await until(pilot, lambda: all(run in text_of(app) for run in over.plan.runs.values()))
        await pilot.press("x")
        await until(pilot, lambda: "only watches" in text_of(app))
        await pilot.press("q")
    assert app.return_value is None


async def test_a_seeds_run_is_opened_and_left_again(tmp_path: Path, over: Tournament) -> None:
    app = opened(tmp_path, over)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: len(app.sessions.tournament.feed.done) == 3)
        await pilot.press("2", "g", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen))
        assert app.sessions.run.name == over.plan.runs[1]
        await pilot.press("r", "+")
        await until(pilot, lambda: "all seeds have the same budget" in text_of(app))
        assert isinstance(app.screen, ComparisonScreen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TournamentScreen) and "seed  run" in text_of(app))
        assert app.sessions.run is None
        await pilot.press("e")
        await until(pilot, lambda: "race.md" in text_of(app))
        await pilot.press("escape", "?")
        await until(pilot, lambda: "Curves by trial" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TournamentScreen))


async def test_a_race_is_watched_live_stopped_and_gone_on_with(tmp_path: Path, over: Tournament) -> None:
    gate = Turnstile(tmp_path, 8)
    folder = made(tmp_path, text=counted(tmp_path / "ledger", gate))
    app = app_for(tmp_path, store=folder.store, race=folder, conduct=conductor(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "seed 1 of 3" in text_of(app) and "best 0." in text_of(app))
        assert "/8" in text_of(app)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, LeaveScreen))
        assert "The race is still going" in text_of(app)
        assert "0 of 3 seeds done" in text_of(app)
        await pilot.press("escape")
        # of the second seed's fits enough for more than two trials, whichever folds come first
        gate.let(fits_before(1, over, over.folder.store.root.parent / "ledger") + 16)
        await until(
            pilot,
            lambda: "seed 2 of 3" in text_of(app) and app.sessions.tournament.feed.feeds[1].state.finished_trials > 2,
        )
        await pilot.press("x")
        # where none of the fits that were let through is left, it stops at once
        await until(pilot, lambda: app.sessions.tournament.feed.feeds[1].state.phase in ("stopping", "stopped"))
        gate.open()
        await until(pilot, lambda: app.sessions.tournament.run.finished.is_set() and "--resume goes on" in text_of(app))
        assert (app.sessions.tournament.run.outcome, folder.read().state) == ("stopped", "stopped")
        assert list(app.sessions.tournament.feed.done) == [0]
        await pilot.press("q")
    assert app.return_value == STOPPED
    journal = (folder.store.root / folder.read().runs[0] / "journal.jsonl").read_bytes()

    again = app_for(tmp_path, store=folder.store, race=folder, conduct=conductor(folder))
    async with again.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: again.sessions.tournament.summed == (0, 1, 2) and "✓ done" in text_of(again))
        assert again.sessions.tournament.run.files
        await pilot.press("q")
    assert again.return_value is None
    assert (folder.store.root / folder.read().runs[0] / "journal.jsonl").read_bytes() == journal


async def test_leaving_a_race_or_stopping_it_for_good(tmp_path: Path) -> None:
    folder = made(tmp_path, text=counted(tmp_path / "ledger", Turnstile(tmp_path)))
    app = app_for(tmp_path, store=folder.store, race=folder, conduct=conductor(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.sessions.tournament.going)
        await pilot.press("q", "l")
        await until(pilot, lambda: app.return_value)
    assert app.return_value == LEFT_RUNNING
    assert app.sessions.own.run is app.sessions.launcher.latest()
    app.sessions.tournament.run.stop_now()
    assert ended(app.sessions.tournament.run).outcome == "stopped"


async def test_a_race_that_is_conducted_elsewhere_keeps_the_screen_from_opening(tmp_path: Path) -> None:
    folder = made(tmp_path)
    with folder.lock():
        app = app_for(tmp_path, store=folder.store, race=folder, conduct=conductor(folder))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.sessions.problem)
    assert isinstance(app.sessions.problem, RunLocked)
    assert app.return_code == 2


def test_without_a_terminal_open_prints_what_the_screen_shows(
    over: Tournament, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["race", str(over.folder.path), "--open"]) == 0
    shown = capsys.readouterr().out
    assert "small-race-1: done, 3 of 3 seeds done; files in" in shown
    assert "3 seeds are too few" in shown
    assert main(["race", "--runs-dir", str(over.folder.store.root), "--open", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == msgspec.to_builtins(over.summary)


# -- curves and statistics ---------------------------------------------------------------------------------------------


def by_trial(summary: TournamentSummary) -> list[tuple[str, list[CurvePoint]]]:
    return [(row.method, row.by_trial) for row in summary.methods]


def test_curves_show_each_methods_median_in_its_band_and_the_live_seed_as_dots() -> None:
    summary = tournament_summary(states((0.90, 0.80), (0.92, 0.84), (0.94, 0.82), (0.91, 0.83)))
    live = {"b": Course(np.array([math.nan, math.nan, 0.87]), np.array([2.0, 4.0, 6.0]))}
    lines = draw(by_trial(summary), live, "trial", 60, 12, DARK, baseline=0.85)
    assert [line.cell_len for line in lines] == [60] * 12
    text = "\n".join(line.plain for line in lines)
    # a's median jumps by 0.1 at its second trial; b has but two trials, and goes on as dots
    assert "┌" in text
    assert "┄" in text
    assert text.count("•") == 1
    assert text.index(" a") < text.index(" baseline") < text.index(" b ")
    tints = {str(span.style.bgcolor) for line in lines for span in line.spans if span.style.bgcolor}  # type: ignore[union-attr]
    assert tints
    spent = [(row.method, row.by_seconds) for row in summary.methods]
    seconds = "\n".join(line.plain for line in draw(spent, {}, "seconds", 60, 12, DARK))
    assert "1 s" in seconds


def test_curves_need_neither_colours_nor_unicode_nor_a_finished_seed() -> None:
    summary = tournament_summary(states((0.90, 0.80), (0.92, 0.84)))
    bare = DARK.with_colors("none").ascii()
    text = "\n".join(line.plain for line in draw(by_trial(summary), {}, "trial", 60, 12, bare))
    assert text.isascii()
    assert ":" in text
    live = {"a": Course(np.array([0.5, 0.7]), np.array([1.0, 2.0]))}
    assert "•" in "\n".join(line.plain for line in draw([], live, "trial", 60, 12, DARK))
    assert "No trial has a score yet." in "\n".join(line.plain for line in draw([], {}, "trial", 60, 12, DARK))


def test_too_few_seeds_are_told_as_wilcoxons_exact_test_has_it() -> None:
    from scipy.stats import wilcoxon

    for methods, pairs in ((2, 1), (3, 3), (5, 10)):
        fewest = fewest_seeds(methods)
        smallest: Any = wilcoxon(np.arange(1, fewest + 1))
        one_less: Any = wilcoxon(np.arange(1, fewest))
        assert pairs * smallest.pvalue < 0.05 <= pairs * one_less.pvalue
        assert power_note(methods, fewest) == ""
        assert f"at least {fewest}" in power_note(methods, fewest - 1)
