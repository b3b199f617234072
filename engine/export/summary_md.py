"""`summary.md`: the verdict, the table and the best parameters, for a README or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import UNSET

from ..state import RunState
from ..text import clean
from ..verdict.figures import COLUMNS, FURTHER, ended_early, front, further, table
from ..verdict.numbers import duration_text
from ..verdict.summary import Summary


def files(state: RunState, summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield `summary.md`."""
    yield "summary.md", "\n".join(_lines(summary)) + "\n"


def escape(value: object, limit: int = 2000) -> str:
    """Return text that Markdown shows as it is: no markup, no links, no HTML, no table cell's end."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&!])", r"\\\1", clean(value, limit))


def _lines(summary: Summary) -> Iterator[str]:
    yield f"# {escape(summary.title or summary.run or 'A run')}"
    yield ""
    yield escape(summary.verdict, 8000)
    yield ""
    rows = table(summary)
    if rows:
        yield _cells(COLUMNS)
        yield f"| --- |{' ---: |' * (len(COLUMNS) - 2)} --- |"
        yield from (_cells(row) for row in rows)
        yield ""
    yield from _further(summary)
    yield from _best(summary)
    yield from _front(summary)
    yield from _early(summary)
    yield from _failures(summary)
    yield from _warnings(summary)
    yield from _facts(summary)


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escape, cells))} |"


def _further(summary: Summary) -> Iterator[str]:
    rows = further(summary)
    if not rows:
        return
    yield "## Further metrics"
    yield ""
    yield _cells(FURTHER)
    yield "| --- | --- | ---: | ---: | ---: |"
    yield from (_cells(row) for row in rows)
    yield ""


def _best(summary: Summary) -> Iterator[str]:
    winners = [method for method in summary.methods if method.best_params]
    if not winners:
        return
    yield "## Best parameters"
    yield ""
    for method in winners:
        values = ", ".join(f"{name} = {value!r}" for name, value in (method.best_params or {}).items())
        line = f"- {escape(method.title)}, trial {method.best_number}: {escape(values)}"
        if method.best_arguments is not UNSET:
            taken = ", ".join(f"{name} = {value!r}" for name, value in method.best_arguments.items())
            line += f"; the estimator takes {escape(taken)}"
        yield line
    yield ""


def _front(summary: Summary) -> Iterator[str]:
    headings, lines, left = front(summary)
    if not lines:
        return
    yield "## Pareto front"
    yield ""
    yield _cells(headings)
    yield f"| --- |{' ---: |' * (len(headings) - 2)} --- |"
    yield from (_cells(row) for row in lines)
    yield ""
    if left:
        yield f"and {left} more"
        yield ""


def _early(summary: Summary) -> Iterator[str]:
    early = ended_early(summary)
    if not early:
        return
    yield "## Ended before their budget"
    yield ""
    for method, reason in early:
        yield f"- {escape(method)}: {escape(reason, 300)}"
    yield ""


def _failures(summary: Summary) -> Iterator[str]:
    if not summary.failures:
        return
    yield "## Failed trials"
    yield ""
    for failure in summary.failures:
        example = failure.example
        first = f"first: {example.method} {example.number}"
        yield f"- {failure.count} × {escape(failure.reason, 300)} ({escape(first)})"
    yield ""


def _warnings(summary: Summary) -> Iterator[str]:
    if summary.warnings is UNSET:
        return
    yield "## Warnings"
    yield ""
    for one in summary.warnings:
        where = f"in {one.trials} trial{'s' if one.trials > 1 else ''}, first: {one.first.method} {one.first.number}"
        yield f"- {one.count} × {escape(one.warning, 300)} ({escape(where)})"
    yield ""


def _facts(summary: Summary) -> Iterator[str]:
    yield "## The run"
    yield ""
    facts = {
        "Run": summary.run,
        "Preset": summary.preset,
        "State": summary.state + (f": {summary.reason}" if summary.reason else ""),
        "Time": duration_text(summary.seconds),
        "Estimator": summary.estimator,
        "Score": f"{summary.scoring}, {summary.folds} folds on {summary.train_rows} rows",
        "Positive class": "" if summary.positive is UNSET else summary.positive,
        "Held out": f"{summary.test_rows} rows",
        "Trials": f"{summary.trials}, {summary.failed} failed, {summary.fits} fits",
        "Versions": ", ".join(f"{name} {version}" for name, version in summary.versions.items()),
    }
    yield from (f"- {name}: {escape(value)}" for name, value in facts.items() if value)
