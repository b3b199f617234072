"""Methods over many seeds: what is summarised is what the runs found, and each seed is an ordinary run."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from racing import method, states
from running import TREE
from scipy.stats import rankdata, wilcoxon
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.tournament.compare import course_of, rows, sentences, tournament_summary
from warm_process import Warmed


def test_the_best_so_far_never_falls_and_failed_trials_only_cost_time() -> None:
    course = course_of(method("a", [None, 0.5, 0.4, None, 0.7]))
    assert np.array_equal(course.best, [np.nan, 0.5, 0.5, 0.5, 0.7], equal_nan=True)
    assert list(course.seconds) == [1, 2, 3, 4, 5]


def test_curves_ranks_and_tests_are_those_of_numpy_and_scipy() -> None:
    rng = np.random.default_rng(0)
    a = 0.9 + 0.01 * rng.standard_normal(12)
    b = a - 0.004 + 0.003 * rng.standard_normal(12)
    b[3] = a[3]
    summary = tournament_summary(states(*zip(a.tolist(), b.tolist(), strict=True)))
    first, second = summary.methods
    assert first.final.median == pytest.approx(np.median(a))
    assert [second.final.q1, second.final.q3] == pytest.approx(list(np.quantile(b, [0.25, 0.75])))
    assert [first.mean_rank, second.mean_rank] == pytest.approx(list(rankdata([-a, -b], axis=0).mean(axis=1)))
    assert [point.median for point in first.by_trial] == pytest.approx([np.median(a) - 0.1, *[np.median(a)] * 2])
    (pair,) = summary.comparisons
    differences = a - b
    assert pair.p == pytest.approx(wilcoxon(differences).pvalue)
    assert (pair.wins, pair.losses) == (int((differences > 0).sum()), int((differences < 0).sum()))
    won = f"{pair.wins} to {pair.losses} of 12 seeds"
    assert f"a is better than b: {won}" in sentences(summary)[0]
    # whichever comes first in the preset, the better one and its seeds come first in the sentence
    turned = tournament_summary(states(*zip(b.tolist(), a.tolist(), strict=True)))
    assert f"b is better than a: {won}" in sentences(turned)[0]
    # b's first trial takes two seconds: before that it has nothing to show
    seconds = {round(point.at, 2): point.median for point in second.by_seconds}
    assert seconds[1.8] is None
    assert seconds[2.0] == pytest.approx(np.median(b))


def test_equal_methods_share_their_rank_and_are_not_told_apart() -> None:
    summary = tournament_summary(states(*[(0.9, 0.9)] * 6))
    assert [row.mean_rank for row in summary.methods] == [1.5, 1.5]
    assert summary.comparisons[0].p_holm == 1.0
    assert "cannot be told apart: 0 to 0 of 6 seeds" in sentences(summary)[0]


def test_methods_without_a_score_in_any_seed_are_not_called_alike() -> None:
    known = states((0.9, 0.9), (0.8, 0.9))
    for state in known.values():
        state.methods["a"] = method("a", [None, None])
    said = ["a and b cannot be compared: in no seed do both have a score"]
    assert sentences(tournament_summary(known)) == said


def test_methods_are_listed_by_rank() -> None:
    _, lines = rows(tournament_summary(states(*[(0.8, 0.9)] * 3)))
    assert [line[0] for line in lines] == ["b", "a"]


def test_the_command_runs_every_seed_and_writes_what_it_found(warmed: Warmed, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(TREE)
    race = ["race", "small.toml", "--seeds", "3", "--methods", "random,refine", "--workers", "2"]
    done = warmed.run(
        *race, "--to", "out", "--json", cwd=tmp_path, environment={"TUNETOP_RUNS_DIR": str(tmp_path / "runs")}
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary == json.loads((tmp_path / "out" / "race.json").read_text())
    store = Store(tmp_path / "runs")
    assert summary["seeds"] == [0, 1, 2]
    assert [row["method"] for row in summary["methods"]] == ["random", "refine"]
    for index, name in enumerate(summary["runs"]):
        state, _ = load_state(store.find(name))
        assert state.phase == "done"
        assert state.methods["random"].plan.seed == index
        best = state.methods["random"].best
        assert best is not None
        assert summary["methods"][0]["best_by_seed"][index] == best.mean
    with (tmp_path / "out" / "race.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert sum(line["method"] == "random" and line["by"] == "trial" for line in lines) == 12
    assert "| random |" in (tmp_path / "out" / "race.md").read_text()
    refused = warmed.run("race", "small.toml", "--seeds", "1", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--seeds: found 1" in refused.stderr
