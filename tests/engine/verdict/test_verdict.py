"""What is said about a run: who is chosen, what is claimed, what is left open."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from made_run import MadeRun, flipped
from scipy.stats import sem
from tunetop.engine.events import (
    MethodExtended,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    RunPaused,
    RunStopping,
    TrialStarted,
)
from tunetop.engine.record.predictions import pack
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.state import RunState
from tunetop.engine.verdict.figures import ended_early
from tunetop.engine.verdict.judge import judge
from tunetop.engine.verdict.judgement import Judgement, Verdict
from tunetop.engine.verdict.summary import run_summary

TARGETS = [float(row % 2) for row in range(114)]


def _judged(verdict: Verdict, method: str) -> Judgement:
    return next(one for one in verdict.methods if one.method == method)


def _accuracy(predictions: list[float]) -> float:
    return float(np.mean(np.array(predictions) == TARGETS))


def _run(wrong: dict[str, range], **info: object) -> MadeRun:
    """Return a run whose methods misclassify the given test rows; random is the best by cross-validation."""
    cv = {"baseline": 0.96, "grid": 0.97, "random": 0.98, "refine": 0.98}
    run = MadeRun(list(wrong), test_targets=TARGETS, **info)
    for method, rows in wrong.items():
        run.trial(method, 0, [cv[method] - 0.01, cv[method], cv[method] + 0.01])
        predictions = flipped(TARGETS, *rows)
        run.finish(method, 0, _accuracy(predictions), predictions)
    return run


def test_a_tie_is_called_a_tie() -> None:
    verdict = judge(_run({"baseline": range(4), "grid": range(4), "random": range(4)}).end())
    assert verdict.outcome == "tie"
    assert verdict.sentence == (
        "Tuning does not pay here: no method beats the untuned baseline on these 114 rows (best by cross-validation: "
        "random, 110 of 114 right as the baseline; exact McNemar p = 1.00)."
    )
    random = _judged(verdict, "random")
    assert (random.gained, random.lost, random.p, random.p_holm) == (0, 0, 1.0, 1.0)
    assert random.test_interval == pytest.approx((0.913, 0.986), abs=5e-4)
    # rows on which two models never differ cannot say how far apart they may be
    assert random.difference_interval is None


def test_a_clear_gain_is_said_with_its_size_and_certainty() -> None:
    verdict = judge(_run({"baseline": range(20), "grid": range(19), "random": range(8)}).end())
    assert verdict.outcome == "pays"
    assert verdict.sentence.startswith(
        "Tuning pays here: random, the best by cross-validation, scores 0.9298 on these 114 rows against 0.8246 "
        "untuned (exact McNemar p < 0.001"
    )
    random = _judged(verdict, "random")
    assert (random.gained, random.lost) == (12, 0)
    assert random.p == pytest.approx(2 * 0.5**12)
    assert random.p_holm == pytest.approx(4 * 0.5**12)
    assert random.difference_interval is not None
    assert random.difference_interval[0] > 0


def test_a_gain_of_one_row_is_called_chance_and_the_rows_it_takes_are_named() -> None:
    verdict = judge(_run({"baseline": range(4), "random": range(3)}).end())
    assert verdict.outcome == "tie"
    assert verdict.sentence.startswith(
        "Tuning cannot be shown to pay here: the gain seen on these 114 rows may be chance"
    )
    assert "111 of 114 right against 110; exact McNemar p = 1.00" in verdict.sentence
    assert "it would take 684 test rows" in verdict.sentence


def test_a_clear_loss_is_said_as_well() -> None:
    verdict = judge(_run({"baseline": range(3), "random": range(20)}).end())
    assert verdict.outcome == "hurts"
    assert verdict.sentence.startswith("Tuning hurts here: random")


def test_holm_over_the_methods_takes_back_what_one_test_alone_would_claim() -> None:
    alone = judge(_run({"baseline": range(8), "random": range(2)}).end())
    together = judge(_run({"baseline": range(8), "grid": range(8), "random": range(2)}).end())
    assert alone.outcome == "pays"
    assert together.outcome == "tie"
    assert _judged(together, "random").p_holm == pytest.approx(2 * 0.03125)
    assert "0.062 by Holm over 2 methods" in together.sentence or "0.063 by Holm over 2 methods" in together.sentence
    # 6 rows to none are enough for one method, not for one of two: more rows than these would be needed
    rows = _judged(together, "random").fewest_rows
    assert rows == 114 * 7 // 6
    assert f"at this rate it would take {rows} test rows to show" in together.sentence
    assert _judged(alone, "random").fewest_rows is None


def test_the_test_score_does_not_choose_the_method() -> None:
    verdict = judge(_run({"baseline": range(20), "grid": range(2), "random": range(20)}).end())
    assert verdict.best == "random"
    assert verdict.outcome == "tie"
    assert "Tuning may pay here, but random" in verdict.sentence
    assert "On the test rows alone grid does better than the baseline beyond chance." in verdict.paragraph


def test_of_equal_cross_validation_scores_the_earlier_method_is_chosen() -> None:
    assert judge(_run({"baseline": range(4), "random": range(4), "refine": range(4)}).end()).best == "random"
    assert judge(_run({"baseline": range(4), "refine": range(4), "random": range(4)}).end()).best == "refine"


def test_a_score_of_zero_is_not_beaten_by_a_lower_one() -> None:
    run = MadeRun(["baseline", "grid", "random"], test_targets=TARGETS)
    for method, mean in (("baseline", -1.0), ("grid", 0.0), ("random", -0.5)):
        run.trial(method, 0, [mean, mean, mean])
        run.finish(method, 0, 1.0, TARGETS)
    assert judge(run.end()).best == "grid"


def test_methods_are_never_ranked() -> None:
    verdict = judge(_run({"baseline": range(4), "grid": range(4), "random": range(2)}).end())
    assert "One run cannot rank the search methods against one another." in verdict.paragraph
    single = judge(_run({"baseline": range(4), "random": range(2)}).end())
    assert "rank" not in single.paragraph


def test_a_leak_is_part_of_the_verdict() -> None:
    note = "the scaler was fitted before the split: test rows leak into training"
    verdict = judge(_run({"baseline": range(4), "random": range(4)}, notes=[note]).end())
    assert verdict.paragraph.endswith(f"Note: {note}.")


# -- runs that are not whole -----------------------------------------------------------------------------------------


def test_before_the_first_event_there_is_nothing_to_say() -> None:
    assert judge(RunState()).sentence == "Nothing has happened yet."


def test_a_run_at_work_says_how_far_it_is() -> None:
    run = MadeRun(test_targets=TARGETS)
    run.trial("baseline", 0, [0.9, 0.9, 0.9])
    run.finish("baseline", 0, 0.9)
    run.trial("grid", 0, [0.95, 0.95, 0.95])
    run.add(TrialStarted(method="grid", number=1, params={}))
    verdict = judge(run.state())
    assert verdict.outcome == "unfinished"
    assert not verdict.final
    assert verdict.sentence == (
        "Not finished yet: 2 trials, and no search method has been scored on the test rows. "
        "Best so far in cross-validation 0.9500, untuned 0.9000."
    )


def test_a_preview_judges_the_methods_that_are_through() -> None:
    run = MadeRun(test_targets=TARGETS)
    for method, score in (("baseline", 0.96), ("grid", 0.97)):
        run.trial(method, 0, [score] * 3)
        run.finish(method, 0, _accuracy(flipped(TARGETS, 1)), flipped(TARGETS, 1))
    run.trial("random", 0, [0.99, 0.99, 0.99])
    verdict = judge(run.state())
    assert verdict.best == "grid"
    assert verdict.sentence.startswith("So far, with 1 of 2 methods scored, tuning does not pay here")
    assert not verdict.final


@pytest.mark.parametrize(("how", "word"), [("stopped", "stopped before its end"), ("failed", "broken off")])
def test_a_run_that_ended_early_says_so(how: str, word: str) -> None:
    run = MadeRun(test_targets=TARGETS)
    run.trial("baseline", 0, [0.9, 0.9, 0.9])
    run.add(RunPaused(), RunStopping())
    assert judge(run.end(how)).sentence.startswith(f"The run was {word} after 1 trial,")


def test_a_baseline_that_was_cut_short_is_said_to_have_ended_early_as_methods_are() -> None:
    run = MadeRun(test_targets=TARGETS)
    run.trial("baseline", 0, [], error="its time was over")
    run.add(MethodFinished(method="baseline", state="failed", reason="30 s of the method were over"))
    run.trial("grid", 0, [0.9, 0.9, 0.9])
    run.finish("grid", 0, 0.9, flipped(TARGETS, 1))
    run.trial("random", 0, [0.9, 0.9, 0.9])
    run.add(MethodFinished(method="random", state="done", best=0, reason="a score of 0.9 was reached"))
    said = ended_early(run_summary(run.end()))
    assert said == [("baseline", "30 s of the method were over"), ("random", "a score of 0.9 was reached")]


def test_an_interrupted_run_says_so() -> None:
    state = MadeRun(test_targets=TARGETS).state()
    state.interrupt()
    assert judge(state).sentence.startswith("The run was interrupted after 0 trials")


def test_a_failed_baseline_leaves_the_question_open() -> None:
    run = MadeRun(["baseline", "grid"], test_targets=TARGETS)
    run.trial("baseline", 0, [], error="ValueError: no")
    run.finish("baseline", None, None)
    run.trial("grid", 0, [0.9, 0.9, 0.9])
    run.finish("grid", 0, 0.95, flipped(TARGETS, 1))
    verdict = judge(run.end())
    assert verdict.outcome == "no_baseline"
    assert "cannot be said: the untuned baseline failed" in verdict.sentence
    assert _judged(verdict, "grid").test_score == 0.95
    assert _judged(verdict, "grid").p is None


def test_a_run_without_a_baseline_is_not_judged_but_told() -> None:
    verdict = judge(_run({"grid": range(4), "random": range(3)}).end())
    assert verdict.outcome == "no_baseline"
    assert "the run has no untuned baseline" in verdict.sentence


def test_when_every_trial_failed_there_is_nothing_to_compare() -> None:
    run = MadeRun(["baseline", "grid"], test_targets=TARGETS)
    run.trial("baseline", 0, [0.9, 0.9, 0.9])
    run.finish("baseline", 0, 0.9, flipped(TARGETS, 1))
    run.trial("grid", 0, [], error="ValueError: no")
    run.trial("grid", 1, [], error="ValueError: no")
    run.finish("grid", None, None)
    verdict = judge(run.end())
    assert verdict.sentence == "Nothing to compare: 2 trials of the search methods, and all failed."


def test_a_method_at_work_again_is_not_judged_by_its_former_winner() -> None:
    run = _run({"baseline": range(4), "random": range(2)})
    run.add(MethodStarted(method="random"))
    run.trial("random", 1, [0.999, 0.999, 0.999])
    verdict = judge(run.state())
    assert _judged(verdict, "random").cv_score == pytest.approx(0.999)
    assert _judged(verdict, "random").test_score is None
    assert verdict.outcome == "unfinished"


def test_a_run_recorded_without_predictions_is_told_but_not_tested() -> None:
    run = MadeRun(["baseline", "grid"])
    for method, score in (("baseline", 0.8), ("grid", 0.9)):
        run.trial(method, 0, [score, score, score])
        run.finish(method, 0, score)
    verdict = judge(run.end())
    assert verdict.outcome == "untested"
    assert verdict.sentence.endswith("; what the scores come from was not kept, so nothing can be tested.")
    assert "Across the 3 folds grid differs from the baseline by +0.1000" in verdict.paragraph


# -- other scorers ---------------------------------------------------------------------------------------------------


def _regression(scoring: str, noise: dict[str, float]) -> RunState:
    from tunetop.engine.scoring.scores import StoredScore

    rng = np.random.default_rng(3)
    targets = rng.gamma(4.0, size=80)
    run = MadeRun(list(noise), task="regression", scoring=scoring, test_targets=targets.tolist())
    for method, spread in noise.items():
        predicted = targets + rng.normal(0, spread, size=80)
        run.trial(method, 0, [-spread, -spread * 1.01, -spread * 0.98])
        run.finish(method, 0, StoredScore(scoring, "regression")(targets, predicted), predicted.tolist())
    return run.end()


@pytest.mark.parametrize(
    "scoring", ["r2", "neg_mean_squared_error", "neg_root_mean_squared_error", "neg_median_absolute_error"]
)
def test_regression_is_judged_by_a_permutation_test(scoring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunetop.engine.scoring.scores.SLOW_DRAWS", 100)
    better = judge(_regression(scoring, {"baseline": 1.0, "random": 0.3}))
    assert better.outcome == "pays"
    assert "permutation test p" in better.sentence
    random = _judged(better, "random")
    assert random.test == "permutation"
    assert random.gained is None
    assert random.difference_interval is not None
    assert 0 < random.difference_interval[0] < (random.difference or 0) < random.difference_interval[1]
    assert random.test_interval_kind == "bootstrap"
    same = judge(_regression(scoring, {"baseline": 0.5, "random": 0.49}))
    assert same.outcome == "tie"
    rows = _judged(same, "random").fewest_rows
    if rows is not None and (_judged(same, "random").difference or 0.0) > 0:
        assert rows > 80
        assert "it would take about" in same.sentence


def test_predicting_the_same_numbers_is_a_tie() -> None:
    targets = list(np.linspace(0, 5, 30))
    run = MadeRun(["baseline", "grid"], task="regression", scoring="r2", test_targets=targets)
    for method in ("baseline", "grid"):
        run.trial(method, 0, [0.5, 0.5, 0.5])
        run.finish(method, 0, 1.0, targets)
    verdict = judge(run.end())
    assert verdict.outcome == "tie"
    assert _judged(verdict, "grid").p == 1.0


def test_a_score_is_tested_by_itself_and_not_by_counting_right_rows() -> None:
    """A model that finds the rare class gets fewer rows right, and is better by balanced accuracy all the same."""
    rng = np.random.default_rng(0)
    targets = (np.arange(300) % 10 == 0).astype(float)
    found = np.where(targets == 1, rng.random(300) < 0.9, rng.random(300) < 0.25).astype(float)
    run = MadeRun(["baseline", "random"], scoring="balanced_accuracy", test_targets=targets.tolist())
    for method, predicted in (("baseline", np.zeros(300)), ("random", found)):
        run.trial(method, 0, [0.5, 0.5, 0.5])
        score = 0.5 * (predicted[targets == 1].mean() + 1 - predicted[targets == 0].mean())
        run.finish(method, 0, float(score), predicted.tolist())
    verdict = judge(run.end())
    random = _judged(verdict, "random")
    assert verdict.outcome == "pays"
    assert random.test == "permutation"
    assert random.gained is not None
    assert random.lost is not None
    assert random.gained < random.lost


def test_four_rows_to_none_are_no_proof_for_any_scorer() -> None:
    """The bootstrap alone would call that significant; exchanging predictions does not, as McNemar's test does not."""
    from sklearn.metrics import f1_score

    run = MadeRun(["baseline", "random"], scoring="f1_macro", test_targets=TARGETS)
    for method, wrong in (("baseline", range(10)), ("random", range(4, 10))):
        predictions = flipped(TARGETS, *wrong)
        run.trial(method, 0, [0.9, 0.9, 0.9])
        run.finish(method, 0, float(f1_score(TARGETS, predictions, average="macro")), predictions)
    verdict = judge(run.end())
    assert _judged(verdict, "random").p == pytest.approx(0.125, abs=0.02)
    assert verdict.outcome == "tie"


def _by_probability(scoring: str, keep: bool = True) -> MadeRun:
    """Return a run whose methods' classes agree on every row; random's probabilities are the better ones."""
    from tunetop.engine.scoring.scores import StoredScore

    rng = np.random.default_rng(1)
    targets = np.array(TARGETS)
    run = MadeRun(["baseline", "random"], scoring=scoring, test_targets=TARGETS)
    for method, signal in (("baseline", 0.02), ("random", 0.30)):
        likely = 0.55 + signal * targets + rng.uniform(0, 0.14, size=len(targets))
        run.trial(method, 0, [signal, signal, signal])
        score = StoredScore(scoring, "classification")(targets, likely)
        run.finish(method, 0, score, [1.0] * len(targets), [pack(likely)] if keep else [])
    return run


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss"])
def test_a_scorer_of_probabilities_is_tested_by_the_winners_probabilities(scoring: str) -> None:
    verdict = judge(_by_probability(scoring).end())
    random = _judged(verdict, "random")
    assert (random.gained, random.lost) == (0, 0)
    assert random.test == "permutation"
    assert random.test_interval is not None
    assert random.difference_interval is not None
    assert verdict.outcome == "pays"


@pytest.mark.parametrize("packed", [[], ["rubbish"], [pack([0.5])], [pack(np.full(114, 0.5))] * 2])
def test_without_the_probabilities_nothing_is_claimed(packed: list[str]) -> None:
    run = _by_probability("roc_auc", keep=False)
    run.finish("random", 0, 0.9, [1.0] * 114, packed)
    verdict = judge(run.end())
    assert verdict.outcome == "untested"
    assert _judged(verdict, "random").p is None
    assert _judged(verdict, "random").test_interval is None


def test_other_class_scores_get_a_bootstrap_interval() -> None:
    from sklearn.metrics import f1_score

    run = MadeRun(["baseline", "random"], scoring="f1_macro", test_targets=TARGETS)
    for method, wrong in (("baseline", range(20)), ("random", range(8))):
        predictions = flipped(TARGETS, *wrong)
        run.trial(method, 0, [0.9, 0.9, 0.9])
        run.finish(method, 0, float(f1_score(TARGETS, predictions, average="macro")), predictions)
    random = _judged(judge(run.end()), "random")
    assert random.test_interval_kind == "bootstrap"
    assert random.test_interval is not None
    assert random.test_interval[0] < (random.test_score or 0) < random.test_interval[1]


def test_a_score_that_predictions_do_not_give_back_gets_no_interval() -> None:
    run = MadeRun(["baseline", "random"], scoring="f1", test_targets=TARGETS)
    for method in ("baseline", "random"):
        run.trial(method, 0, [0.9, 0.9, 0.9])
        run.finish(method, 0, 0.123, flipped(TARGETS, 1))
    assert _judged(judge(run.end()), "random").test_interval is None


def test_an_unknown_scorer_is_no_error() -> None:
    verdict = judge(_run({"baseline": range(4), "random": range(4)}, scoring="no_such_scorer").end())
    assert verdict.outcome == "untested"
    assert _judged(verdict, "random").right == 110


def test_a_metric_of_ones_own_is_not_tested_as_the_one_that_it_is_called_by() -> None:
    own = {"metric": {"metric": "python:mine:accuracy"}, "train_rows": 150}
    verdict = judge(_run({"baseline": range(40), "random": range(4)}, scoring="accuracy", **own).end())
    judged = _judged(verdict, "random")
    assert (judged.p, judged.test_interval) == (None, None)
    assert judged.cv_corrected_note == "trials keep no predictions for a metric of one's own"


# -- the winner's optimism -------------------------------------------------------------------------------------------


def _with_out_of_fold(trials: int, rows: int = 200, **info: object) -> MadeRun:
    rng = np.random.default_rng(4)
    targets = rng.integers(2, size=rows)
    fields = {"train_rows": rows, "train_targets": pack(targets), "test_targets": TARGETS} | info
    run = MadeRun(["baseline", "random"], **fields)
    for method, count in (("baseline", 1), ("random", trials)):
        for number in range(count):
            predicted = np.where(rng.random(rows) < 0.2, 1 - targets, targets)
            right = predicted == targets
            folds = [float(right[fold::3].mean()) for fold in range(3)]
            run.trial(method, number, folds, predictions=pack(predicted))
    return run


@pytest.mark.parametrize("scoring", ["r2", "neg_root_mean_squared_error"])
def test_a_correction_is_for_the_selection_and_for_nothing_else(scoring: str) -> None:
    """Scores of pooled rows differ from means of the folds' own, much so in small folds: that is no optimism."""
    from tunetop.engine.scoring.scores import StoredScore

    rng = np.random.default_rng(0)
    targets = rng.gamma(2.0, size=60)
    run = MadeRun(
        ["baseline", "random"], task="regression", scoring=scoring, train_rows=60, train_targets=pack(targets)
    )
    score = StoredScore(scoring, "regression")
    for method, count in (("baseline", 1), ("random", 20)):
        for number in range(count):
            predicted = targets + rng.normal(0, 0.8, size=60)
            folds = [score(targets[fold::3], predicted[fold::3]) for fold in range(3)]
            run.trial(method, number, folds, predictions=pack(predicted))
    verdict = judge(run.state())
    assert verdict.baseline is not None
    assert verdict.baseline.cv_corrected == pytest.approx(verdict.baseline.cv_score, abs=1e-12)
    random = _judged(verdict, "random")
    assert random.cv_corrected is not None
    assert random.cv_score is not None
    assert random.cv_corrected < random.cv_score
    assert random.cv_corrected_interval is not None
    assert random.cv_corrected_interval[0] < random.cv_corrected < random.cv_corrected_interval[1]


def test_of_a_race_the_correction_is_a_bound() -> None:
    run = _with_out_of_fold(12)
    run.trial("random", 12, [0.7], state="raced", estimate=0.7)
    verdict = judge(_scored(run))
    random = _judged(verdict, "random")
    assert random.cv_corrected_note == "1 of the candidates could not be counted"
    assert "is the best of 13 trials and so flatters it" in verdict.paragraph
    bound = f"(BBC-CV) it is at most {random.cv_corrected:.4f} (1 of the candidates could not be counted)"
    assert bound in verdict.paragraph


def test_successive_halving_is_not_corrected_by_its_last_iteration_alone() -> None:
    run = _with_out_of_fold(1)
    run.add(MethodExtended(plan=MethodPlan(name="random", kind="halving", title="Halving")))
    run.trial("random", 1, [0.9, 0.9, 0.9], state="raced", estimate=0.9, resource=60)
    random = _judged(judge(run.state()), "random")
    assert random.cv_corrected is None
    assert random.cv_corrected_note == "its candidates were selected on parts of the resources"


def _scored(run: MadeRun) -> RunState:
    for method in ("baseline", "random"):
        best = run.state().methods[method].best
        assert best is not None
        run.finish(method, best.number, _accuracy(flipped(TARGETS, 3)), flipped(TARGETS, 3))
    return run.end()


def test_the_best_of_many_equal_candidates_is_corrected_back() -> None:
    verdict = judge(_scored(_with_out_of_fold(60)))
    random = _judged(verdict, "random")
    assert random.cv_score is not None
    assert random.cv_score > 0.84
    assert random.cv_corrected == pytest.approx(0.8, abs=0.03)
    assert random.cv_corrected < random.cv_score - 0.03
    assert (
        "is the best of 60 trials and so flatters it: corrected for the selection (BBC-CV) it is 0."
        in verdict.paragraph
    )
    assert verdict.baseline is not None
    assert verdict.baseline.cv_corrected == verdict.baseline.cv_score


def test_a_reused_trial_lends_the_predictions_of_its_source() -> None:
    run = MadeRun(["baseline", "grid"], train_targets=pack([0, 1, 0, 1]), train_rows=4, test_targets=TARGETS)
    run.trial("baseline", 0, [1.0, 0.5], predictions=pack([0, 1, 0, 0]))
    run.trial("grid", 0, [1.0, 0.5], reused=("baseline", 0))
    assert _judged(judge(run.state()), "grid").cv_corrected is not None


@pytest.mark.parametrize(
    ("info", "why"),
    [
        ({"scoring": "f1_macro"}, "f1_macro is not a mean over rows"),
        ({"scoring": "roc_auc"}, "roc_auc needs probabilities, which trials do not keep"),
        ({"train_targets": ""}, "out-of-fold predictions were not kept"),
        ({"train_targets": "rubbish"}, "not packed predictions"),
        ({"train_targets": pack([1, 0])}, "of 200 rows where there are 2"),
    ],
)
def test_where_nothing_can_be_corrected_the_reason_is_given(info: dict[str, str], why: str) -> None:
    verdict = judge(_scored(_with_out_of_fold(3, **info)))
    random = _judged(verdict, "random")
    assert random.cv_corrected is None
    assert why in random.cv_corrected_note
    assert f"no correction: {random.cv_corrected_note}" in verdict.paragraph


def test_folds_are_compared_by_the_corrected_t_test() -> None:
    run = MadeRun(["baseline", "grid"], test_targets=TARGETS)
    for method, scores in (("baseline", [0.90, 0.92, 0.91]), ("grid", [0.93, 0.93, 0.95])):
        run.trial(method, 0, scores)
        run.finish(method, 0, _accuracy(flipped(TARGETS, 3)), flipped(TARGETS, 3))
    verdict = judge(run.end())
    differences = np.array([0.03, 0.01, 0.04])
    grid = _judged(verdict, "grid")
    assert grid.folds_t == pytest.approx(differences.mean() / np.sqrt((1 / 3 + 1 / 2) * differences.var(ddof=1)))
    assert (
        "Across the 3 folds grid differs from the baseline by +0.0267 (corrected t-test p = 0.20)" in verdict.paragraph
    )


# -- cost ------------------------------------------------------------------------------------------------------------


def test_judging_a_usual_run_takes_no_longer_than_a_few_sorts() -> None:
    state = _scored(_with_out_of_fold(95, rows=455))
    judge(state)
    # of this thread's processor time: others have the machine as well
    started = time.thread_time()
    judge(state)
    taken = time.thread_time() - started
    started = time.thread_time()
    for _ in range(20):
        np.sort(np.random.default_rng(0).random(1_000_000))
    assert taken < 2 * (time.thread_time() - started)


def test_configurations_within_one_standard_error_are_counted_as_by_hand() -> None:
    state, _ = load_state(RunFolder(Path(__file__).parent / "recorded" / "mixed-1"))
    verdict = judge(state)
    seen = 0
    for judged in verdict.methods:
        method = state.methods[judged.method]
        done = [trial for trial in method.trials.values() if trial.phase == "done"]
        best = max(done, key=lambda trial: (trial.mean, -trial.number))
        if best.resource:
            assert judged.within_one_se is None
            continue
        scores = {tuple(trial.params.items()): np.mean(trial.scores) for trial in done}
        error = sem(best.scores)
        near = sum(score >= np.mean(best.scores) - error - 1e-15 for score in scores.values()) - 1
        assert judged.standard_error == pytest.approx(error, abs=1e-15)
        assert (judged.within_one_se, judged.configurations) == (near, len(scores))
        if judged.method == verdict.best and near:
            assert f"{near} other" in verdict.paragraph
        seen += near
    assert seen


def test_a_top_without_any_spread_is_said_to_be_the_same_score() -> None:
    run = MadeRun(["baseline", "grid"], test_targets=TARGETS)
    run.trial("baseline", 0, [0.9, 0.9, 0.9])
    run.finish("baseline", 0, _accuracy(flipped(TARGETS, 3)), flipped(TARGETS, 3))
    for number, scores in enumerate(([1.0] * 3, [1.0] * 3, [0.5, 1.0, 1.0], [1.0] * 3)):
        run.trial("grid", number, scores)
    run.finish("grid", 0, _accuracy(flipped(TARGETS, 2)), flipped(TARGETS, 2))
    assert "2 others of its 4 configurations have the very same score" in judge(run.end()).paragraph
