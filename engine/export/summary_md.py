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
    yield from (f"# {escape(summary.title or summary.run or 'A run')}", "", escape(summary.verdict, 8000))
    headings, best, left = front(summary)
    sections = {
        "": _table(COLUMNS, table(summary)),
        "Further metrics": _table(FURTHER, further(summary), "| --- | --- | ---: | ---: | ---: |"),
        "Best parameters": _best(summary),
        "Pareto front": [*_table(headings, best), *(["", f"and {left} more"] if left else [])],
        "Ended before their budget": [f"- {escape(name)}: {escape(why, 300)}" for name, why in ended_early(summary)],
        "Failed trials": _failures(summary),
        "Warnings": _warnings(summary),
        "The run": _facts(summary),
    }
    for title, lines in sections.items():
        if lines:
            yield from ("", f"## {title}", "") if title else ("",)
            yield from lines


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], rule: str = "") -> list[str]:
    """Return a table, its first and last columns texts unless its `rule` says otherwise; without rows nothing."""
    rule = rule or f"| --- |{' ---: |' * (len(headings) - 2)} --- |"
    lines = [f"| {' | '.join(map(escape, cells))} |" for cells in (headings, *rows)]
    return [lines[0], rule, *lines[1:]] if rows else []


def _best(summary: Summary) -> list[str]:
    lines = []
    for method in summary.methods:
        if not method.best_params:
            continue
        values = ", ".join(f"{name} = {value!r}" for name, value in method.best_params.items())
        line = f"- {escape(method.title)}, trial {method.best_number}: {escape(values)}"
        if method.best_arguments is not UNSET:
            taken = ", ".join(f"{name} = {value!r}" for name, value in method.best_arguments.items())
            line += f"; the estimator takes {escape(taken)}"
        lines.append(line)
    return lines


def _failures(summary: Summary) -> list[str]:
    lines = []
    for one in summary.failures:
        first = f"first: {one.example.method} {one.example.number}"
        lines.append(f"- {one.count} × {escape(one.reason, 300)} ({escape(first)})")
    return lines


def _warnings(summary: Summary) -> list[str]:
    lines = []
    for one in summary.warnings if summary.warnings is not UNSET else ():
        where = f"in {one.trials} trial{'s' if one.trials > 1 else ''}, first: {one.first.method} {one.first.number}"
        lines.append(f"- {one.count} × {escape(one.warning, 300)} ({escape(where)})")
    return lines


def _facts(summary: Summary) -> list[str]:
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
    return [f"- {name}: {escape(value)}" for name, value in facts.items() if value]
