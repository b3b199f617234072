"""The monitor, driven by keys: what it shows at a glance, and what it asks of a run."""

from __future__ import annotations

from typing import Any

import pytest
from monitor_app import Controls, LiveRun, breast_cancer
from monitor_driving import app_of, monitor, news, painted, press, seen
from tunetop.engine.events import MethodFinished, RunFinished, RunPaused, RunResumed, RunStopping
from tunetop.tui.render.look import LOOKS
from tunetop.tui.screens.trial import trial_rows


async def test_one_look_tells_what_runs_how_far_how_good_and_whether_it_is_stuck() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        first, second = seen(app)[:2]
        for word in (
            "Breast Cancer MLP",
            "running 0:",
            "eta",
            "44/95 trials",
            "46%",
            "0 failed",
            "1/2 workers",
            "0 s ago",
        ):
            assert word in first
        for word in ("best 0.9859 ★ random #13", "learning_rate_init 0.0921", "alpha 0.000483", "1 running"):
            assert word in second
        run.now += 125
        monitor(app).refresh_clock()
        await pilot.pause()
        first, second = seen(app)[:2]
        # a hang shows as an age that grows, with the name of what hangs
        assert "2 min ago" in first or "125 s ago" in first
        assert "random #23 fold 4 2" in second


async def test_methods_show_progress_best_and_path() -> None:
    run = breast_cancer()
    app = app_of(run)
    async with app.run_test(size=(120, 36)) as pilot:
        await painted(pilot)
        # lines are made anew once the panel knows its width
        while (texts := monitor(app).list.methods.texts) == ["…"]:
            await pilot.pause(0.01)
        assert [text.split()[0] for text in texts] == ["baseline", "grid", "random", "refine"]
        assert "20/20" in texts[1]
        assert "0.9829" in texts[1]
        assert "23/40" in texts[2]
        assert "★" in texts[2]
        assert "★" not in texts[1]
        # the best so far over the planned trials: a path that only rises, and ends where the run has come to
        path = texts[2].split("★")[1].strip()
        assert path == "".join(sorted(path))
        assert len(path) == pytest.approx(40 * 23 / 40, abs=1)


async def test_a_row_says_everything_about_a_trial() -> None:
    run = LiveRun()
    run.baseline()
    run.whole("grid", 0, {"learning_rate_init": 1e-3, "alpha": 1e-5}, scores=[0.98, 0.99, 1.0, 0.97, 0.99])
    run.failed("grid", 1, "ValueError: alpha must be positive")
    run.whole("grid", 2, reused=("grid", 0), fit_seconds=[], score_seconds=[])
    run.running("grid", 3, 3)
    out = {"state": "raced", "scores": [0.99, 0.97], "by_fold": {1: 0.99, 3: 0.97}, "estimate": 0.9712}
    run.whole("grid", 4, fit_seconds=[1.0, 4.0], score_seconds=[0.5, 0.5], **out)
    app = app_of(run)
    async with app.run_test(size=(138, 27)) as pilot:
        await pilot.pause()
        rows = {row.replace("▸", " ").split()[0]: row for row in monitor(app).list.table.texts[1:7] if row.strip()}
        assert "out 2/5" in rows["4"]
        assert "0.9712 ~" in rows["4"]
        assert "▶ 3/5" in rows["3"]
        assert "··" in rows["3"]
        assert "reused" in rows["2"]
        assert "✗ ValueError: alpha must be positive" in rows["1"]
        done = next(row for row in monitor(app).list.table.texts if "1e-05" in row)
        assert "0.001" in done
        assert "0.9860 ★" in done
        base = app.session.state.baseline
        assert f"{0.986 - base.mean:+.4f}".replace("0.", ".") in done


def test_a_trial_that_was_raced_out_says_after_which_folds_and_what_it_was_reckoned_at() -> None:
    run = LiveRun()
    run.baseline()
    out = {"state": "raced", "scores": [0.99, 0.97], "by_fold": {1: 0.99, 3: 0.97}, "estimate": 0.9712}
    run.whole("grid", 0, fit_seconds=[1.0, 4.0], score_seconds=[0.5, 0.5], **out)
    state = run.live()
    texts = [row.text.plain for row in trial_rows(state, state.trials[1], next(iter(LOOKS.values())), 100)]
    assert "0.9712" in texts[0]
    assert "reckoned from 2 of 5 folds" in texts[0]
    assert "   raced out after 2 of 5 folds (2, 4): it could not win" in texts
    folds = texts[texts.index(" FOLDS") + 2 :]
    assert [text.split()[1:4:2] for text in folds[1:4]] == [["0.9900", "1.5"], ["–", "–"], ["0.9700", "4.5"]]


async def test_failures_are_grouped_by_reason_most_frequent_first() -> None:
    run = LiveRun()
    run.baseline()
    for number in range(6):
        run.failed("grid", number, "lbfgs supports only l2" if number % 3 else "out of memory")
    app = app_of(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "0")
        texts = monitor(app).list.failures.texts
        assert "6 failed trials, 2 reasons" in texts[0]
        assert texts[1].split(maxsplit=2)[1:] == ["4", "lbfgs supports only l2" + texts[1].split("l2")[1]]
        assert "grid #1" in texts[2]
        assert "2 out of memory" in texts[3]
        await press(pilot, "down", "enter")
        assert app.asked == [("open_trial", ("grid", 0))]
        await press(pilot, "escape")
        assert monitor(app).panel == "trials"


@pytest.mark.parametrize(
    ("event", "trouble", "damage", "says"),
    [
        (RunPaused(reason="the disk is full"), "", "", "paused: the disk is full"),
        (RunFinished(state="failed", reason="the data changed"), "", "", "failed: the data changed"),
        (None, "", "line 12 is not whole", "journal damaged: line 12 is not whole"),
        (None, "no room left on the disk", "line 12 is not whole", "no room left on the disk"),
    ],
)
async def test_what_must_be_known_stands_in_a_banner(event: Any, trouble: str, damage: str, says: str) -> None:
    run = breast_cancer()
    if event is not None:
        run.add(event)
    app = app_of(run, damage=damage, trouble=trouble)
    async with app.run_test(size=(80, 24)) as pilot:
        await painted(pilot)
        assert says in seen(app)[2]
        colours = {part.style.color.name for part in monitor(app).header._strips[2] if part.style and part.style.color}
        assert colours & {app.look.bad, app.look.warn}


# -- asking things of the run ----------------------------------------------------------------------------------------


async def test_keys_ask_the_app_and_the_run() -> None:
    run = breast_cancer()
    controls = Controls()
    app = app_of(run, controls=controls)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "enter", "m", "e", "y", "escape")
        best = app.session.state.best
        assert app.asked == [
            ("open_trial", ("random", 23)),
            ("open_comparison",),
            ("export",),
            ("copy_parameters", best.key),
            ("leave_run",),
        ]
        await press(pilot, "p", "n", "x")
        assert controls.asked == [("pause",), ("skip", "random"), ("stop",)]
        run.add(RunPaused())
        await news(pilot, run)
        await press(pilot, "p")
        run.add(RunStopping())
        await news(pilot, run)
        await press(pilot, "x")
        assert controls.asked[3:] == [("unpause",), ("stop_now",)]


async def test_who_only_watches_is_told_so() -> None:
    app = app_of(breast_cancer())
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "x")
        assert "only watches" in app.said[0]


@pytest.mark.parametrize("ending", ["stopped", "interrupted"])
async def test_what_a_run_left_open_is_not_shown_as_running(ending: str) -> None:
    run = breast_cancer()
    app = app_of(run)

    def lines(glyph: str) -> list[list[str]]:
        return [text.split() for text in seen(app) if glyph in text]

    async with app.run_test(size=(120, 36)) as pilot:
        await painted(pilot)
        assert [words[0] for words in lines("▶")] == ["Breast", "baseline", "grid", "random", "▸"]
        assert lines("▶")[-1][-2:] == ["▶", "3/5"]
        if ending == "stopped":
            run.add(RunFinished(state="stopped"))
        else:
            run.live().interrupt()
        await news(pilot, run)
        assert not lines("▶")
        assert ("tunetop resume made-1 goes on" in seen(app)[2]) == (ending == "interrupted")
        assert [words[0] for words in lines("■")] == ["baseline", "grid", "random", "▸"]
        assert lines("■")[-1][-2:] == ["■", "3/5"]
        open_trial = run.live().trials[-1]
        assert (open_trial.phase, run.live().standing(open_trial.phase)) == ("running", "stopped")
        assert run.live().standing("done") == "done"
        # who goes on with it sees it run again
        run.add(RunResumed(workers=2, methods=[method.plan for method in run.live().methods.values()]))
        await news(pilot, run)
        assert [words[0] for words in lines("▶")] == ["Breast", "baseline", "grid", "random", "▸"]
        assert not lines("■")


async def test_a_run_that_has_ended_is_not_commanded() -> None:
    run = breast_cancer()
    run.add(MethodFinished(method="random", state="done"), RunFinished(state="done"))
    controls = Controls()
    app = app_of(run, controls=controls)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "x", "p", "n")
        assert controls.asked == []
        assert "✓ done" in seen(app)[0]
