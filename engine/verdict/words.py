"""The comparison in words: what a verdict's numbers say, in a few plain sentences."""

from __future__ import annotations

from ..events import BASELINE
from ..preset.objectives import constraint_text
from ..state import ENDED, MethodState, RunState
from ..text import clean
from .front import front_of
from .held_out import why_untested
from .judgement import ALPHA, Judgement, Verdict, best_method, winner
from .numbers import number

_ENDED = {"stopped": "stopped before its end", "interrupted": "interrupted", "failed": "broken off"}

_ROUNDING = 1e-12
"""What sums of folds may be apart by though they are the same."""


def compose(state: RunState, baseline: Judgement | None, methods: list[Judgement]) -> Verdict:
    """Return the verdict that goes with the numbers."""
    notes = [clean(note, 400) for note in state.notes]
    chosen = best_method(state)
    best = next((one for one in methods if chosen and one.method == chosen.name), None)
    outcome, sentence = _headline(state, baseline, best, methods)
    sentences = [sentence]
    if best is not None and baseline is not None and outcome in ("pays", "tie", "hurts", "untested"):
        others = [one for one in methods if one is not best and _beats(one)]
        if others and outcome != "pays":
            names = " and ".join(one.method for one in others)
            sentences.append(f"On the test rows alone {names} does better than the baseline beyond chance.")
        sentences += [_of_folds(state, best), _of_selection(state, best, baseline), _of_the_top(state, best)]
        if sum(one.test_score is not None for one in methods) > 1:
            sentences.append("One run cannot rank the search methods against one another.")
    sentences.append(_of_the_front(state))
    sentences += [f"Note: {note.rstrip('.')}." for note in notes]
    return Verdict(
        outcome=outcome,
        sentence=clean(sentence, 2000),
        paragraph=clean(" ".join(filter(None, sentences)), 8000),
        final=state.ended,
        best=best.method if best else None,
        baseline=baseline,
        methods=methods,
        notes=notes,
    )


def probability(p: float) -> str:
    """Return a p value for reading, such as `p = 0.031`."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.2f}" if p >= 0.1 else f"p = {p:.3f}"


def _beats(one: Judgement) -> bool:
    return one.p_holm is not None and one.p_holm < ALPHA and (one.difference or 0.0) > 0


def _headline(
    state: RunState, baseline: Judgement | None, best: Judgement | None, methods: list[Judgement]
) -> tuple[str, str]:
    if state.info is None:
        return "unfinished", "Nothing has happened yet."
    if state.info.watched:
        return "watched", _of_watched(state)
    if best is None:
        return _without_winner(state, methods)
    if baseline is None or baseline.test_score is None:
        return _without_baseline(state, best)
    seen = "" if state.phase == "done" else _so_far(state, methods)
    rows = "this one row" if best.rows == 1 else f"these {_many(best.rows)} rows"
    if best.p is None or best.p_holm is None or best.difference is None:
        sentence = f"the best by cross-validation, {best.method}, scores {_against(best, baseline)} on {rows}"
        return "untested", _start(seen, f"{sentence}; {why_untested(state, best.method)}.")
    if best.p_holm < ALPHA and best.difference > 0:
        return "pays", _start(seen, f"tuning pays here: {_claim(best, baseline, rows, methods)}.")
    if best.p_holm < ALPHA and best.difference < 0:
        return "hurts", _start(seen, f"tuning hurts here: {_claim(best, baseline, rows, methods)}.")
    compared = [one for one in methods if one.difference is not None]
    if any(_beats(one) for one in compared):
        return "tie", _start(seen, f"tuning may pay here, but {_claim(best, baseline, rows, methods)}.")
    if best.difference <= 0:
        beyond = "" if all((one.difference or 0.0) <= 0 for one in compared) else " beyond chance"
        claim = f"no method beats the untuned baseline{beyond} on {rows}"
        return "tie", _start(seen, f"tuning does not pay here: {claim} ({_evidence(best, baseline, methods)}).")
    claim = f"the gain seen on {rows} may be chance ({_evidence(best, baseline, methods)})"
    return "tie", _start(seen, f"tuning cannot be shown to pay here: {claim}{_needed(best)}.")


def _of_watched(state: RunState) -> str:
    assert state.info is not None
    total = state.planned_trials if not state.ended else None
    done = f"{state.finished_trials} of {total} trials" if total is not None else _trials(state.finished_trials)
    best = state.best
    score = state.own(best.mean) if best is not None else None
    found = ""
    if best is not None and score is not None:
        found = f"the best, number {best.number}, has {clean(state.info.scoring, 60)} {number(score)}"
    whose = clean(state.info.source, 60) or "another program"
    why = f"This is a search of {whose}, only watched: without a baseline and held-out rows there is no verdict."
    return f"{', '.join(filter(None, (done, found)))}. {why}"


def _start(seen: str, sentence: str) -> str:
    return f"{seen}{sentence}" if seen else sentence[0].upper() + sentence[1:]


def _without_winner(state: RunState, methods: list[Judgement]) -> tuple[str, str]:
    if state.info is not None and state.info.constraints and state.ended:
        done = [trial for trial in state.trials if trial.phase == "done" and trial.method != BASELINE]
        if done and not any(trial.feasible for trial in done):
            bounds = " and ".join(map(constraint_text, state.info.constraints))
            return "no_winner", f"Nothing to compare: of {_trials(len(done))} none keeps to {bounds}."
    searching = [method for name, method in state.methods.items() if name != BASELINE]
    if not searching:
        return "no_winner", "Nothing to compare: the run has the baseline only."
    if state.methods and all(method.phase in ENDED for method in searching):
        trials = sum(method.finished for method in searching)
        if trials and all(method.failed == method.finished for method in searching):
            return "no_winner", f"Nothing to compare: {_trials(trials)} of the search methods, and all failed."
        return "no_winner", "Nothing to compare: no search method has a winner that was scored on the test rows."
    total = state.planned_trials
    done = f"{state.finished_trials} of {total} trials" if total is not None else _trials(state.finished_trials)
    if state.ended:
        ended = _ENDED.get(state.phase, "ended")
        return "unfinished", f"The run was {ended} after {done}, before any search method was scored on the test rows."
    sentence = f"Not finished yet: {done}, and no search method has been scored on the test rows."
    scores = [one.cv_score for one in methods if one.cv_score is not None]
    base = state.baseline
    if scores and base is not None and base.mean is not None:
        sentence += f" Best so far in cross-validation {number(max(scores))}, untuned {number(base.mean)}."
    return "unfinished", sentence


def _trials(count: int) -> str:
    return f"{count} trial{'' if count == 1 else 's'}"


def _without_baseline(state: RunState, best: Judgement) -> tuple[str, str]:
    untuned = state.methods.get(BASELINE)
    score = number(best.test_score) if best.test_score is not None else "–"
    if untuned is not None and untuned.phase in ("waiting", "running") and not state.ended:
        return "unfinished", "Not finished yet: the untuned baseline has not been scored on the test rows."
    if untuned is None:
        why = "the run has no untuned baseline"
    else:
        why = "the untuned baseline failed" if untuned.failed else "the untuned baseline was not scored"
    sentence = f"Whether tuning pays cannot be said: {why}. The best by cross-validation, {best.method}, scores {score}"
    return "no_baseline", f"{sentence} on the test rows."


def _so_far(state: RunState, methods: list[Judgement]) -> str:
    through = sum(one.test_score is not None for one in methods)
    ended = f"The run was {_ENDED.get(state.phase, 'ended')}; " if state.ended else "So far, "
    return f"{ended}with {through} of {len(methods)} methods scored, "


def _against(best: Judgement, baseline: Judgement) -> str:
    """Return how best and baseline did on the test rows, in rows where that is what the score says."""
    if best.test_interval_kind == "wilson" and best.right is not None and baseline.right is not None:
        if best.right == baseline.right:
            return f"{best.right} of {best.rows} right as the baseline"
        return f"{best.right} of {best.rows} right against {baseline.right}"
    if best.test_score == baseline.test_score:
        return f"{number(best.test_score or 0.0)} as the baseline"
    return f"{number(best.test_score or 0.0)} against {number(baseline.test_score or 0.0)}"


def _tested_by(best: Judgement, methods: list[Judgement]) -> str:
    compared = sum(one.p is not None for one in methods)
    name = "exact McNemar" if best.test == "mcnemar" else "permutation test"
    text = f"{name} {probability(best.p or 0.0)}"
    if compared > 1 and best.p_holm is not None and (best.p or 0.0) < ALPHA:
        text += f", {probability(best.p_holm).removeprefix('p ').removeprefix('= ')} by Holm over {compared} methods"
    return text


def _evidence(best: Judgement, baseline: Judgement, methods: list[Judgement]) -> str:
    text = f"best by cross-validation: {best.method}, {_against(best, baseline)}; {_tested_by(best, methods)}"
    return text + _interval(best)


def _claim(best: Judgement, baseline: Judgement, rows: str, methods: list[Judgement]) -> str:
    scores = f"{number(best.test_score or 0.0)} on {rows} against {number(baseline.test_score or 0.0)} untuned"
    return (
        f"{best.method}, the best by cross-validation, scores {scores} ({_tested_by(best, methods)}{_interval(best)})"
    )


def _interval(best: Judgement) -> str:
    if best.difference_interval is None:
        return ""
    low, high = best.difference_interval
    return f"; 95 % interval of the difference by paired bootstrap {_signed(low)} to {_signed(high)}"


def _many(count: int) -> str:
    return f"{count:,}".replace(",", " ") if count >= 10_000 else str(count)


def _signed(value: float) -> str:
    return ("-" if value < 0 else "+") + number(abs(value))


def _needed(best: Judgement) -> str:
    if best.fewest_rows is None:
        return ""
    about = "" if best.test == "mcnemar" else "about "
    return f"; at this rate it would take {about}{_many(best.fewest_rows)} test rows to show"


def _tried(state: RunState, best: Judgement) -> int:
    """Return how many trials the method's winner was selected among."""
    method = state.methods[best.method]
    broken = sum(not trial.feasible for trial in method.trials.values())
    return method.done + method.raced - broken


def _of_folds(state: RunState, best: Judgement) -> str:
    if best.folds_difference is None:
        return ""
    folds = len(state.baseline.known_scores) if state.baseline else 0
    if abs(best.folds_difference) < _ROUNDING * max(abs(best.cv_score or 0.0), 1.0):
        return f"Across the {folds} folds {best.method} scores as the baseline does, on average."
    text = f"Across the {folds} folds {best.method} differs from the baseline by {_signed(best.folds_difference)}"
    if best.folds_p is None:
        return f"{text}."
    flattered = ", which the selection flatters" if _tried(state, best) > 1 and best.folds_difference > 0 else ""
    return f"{text} (corrected t-test {probability(best.folds_p)}{flattered})."


def _of_selection(state: RunState, best: Judgement, baseline: Judgement) -> str:
    tried = _tried(state, best)
    if best.cv_score is None or tried < 2:
        return ""
    if state.methods[best.method].rule is not None:
        return ""
    text = f"Its cross-validation score {number(best.cv_score)} is the best of {_trials(tried)} and so flatters it"
    if best.cv_corrected is None:
        return f"{text} (no correction: {best.cv_corrected_note})."
    untuned = f", against {number(baseline.cv_score)} untuned" if baseline.cv_score is not None else ""
    corrected = number(best.cv_corrected)
    if best.cv_corrected_note:
        corrected = f"at most {corrected} ({best.cv_corrected_note})"
    return f"{text}: corrected for the selection (BBC-CV) it is {corrected}{untuned}."


def _of_the_top(state: RunState, best: Judgement) -> str:
    """Return what the search could not know: which of the configurations near its best is the best."""
    if not best.within_one_se or best.standard_error is None:
        return ""
    if state.methods[best.method].rule is not None:
        return _of_the_rule(state.methods[best.method], best)
    if best.standard_error == 0.0:
        are = "has the very same score" if best.within_one_se == 1 else "have the very same score"
        return f"{_others(best)} {are}: the folds cannot tell them apart."
    are = "is" if best.within_one_se == 1 else "are"
    return (
        f"{_others(best)} {are} within one standard error of the folds ({number(best.standard_error)}): "
        "the folds cannot tell them apart."
    )


def _of_the_front(state: RunState) -> str:
    """Return how many trials no other beats in all of several objectives."""
    if state.info is None or state.info.watched or not (front := front_of(state)):
        return ""
    if len(front) == 1:
        return "One trial is best in all objectives."
    return (
        f"{len(front)} trials are on the Pareto front: none is better in one objective without being worse in another."
    )


def _of_the_rule(method: MethodState, best: Judgement) -> str:
    """Return which trial the preset's rule took for the winner, and in whose place."""
    taken, highest, error = winner(method), method.best, number(best.standard_error or 0.0)
    if taken is None or highest is None:
        return ""
    among = f"the simplest of the {(best.within_one_se or 0) + 1} configurations"
    if taken is highest:
        return (
            f"Its winner, trial {taken.number}, has the best mean and is {among} within one standard error ({error})."
        )
    return (
        f"Its winner, trial {taken.number}, is {among} within one standard error ({error}) of its best mean, "
        f"{number(highest.mean or 0.0)} (trial {highest.number})."
    )


def _others(best: Judgement) -> str:
    others = "1 other" if best.within_one_se == 1 else f"{best.within_one_se} others"
    return f"{others} of its {best.configurations} configurations"
