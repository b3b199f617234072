"""What the picker says about the preset or the run under the cursor: pure functions from data to rows."""

from __future__ import annotations

import math
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.style import Style
from rich.text import Text

from ....engine.preset.steps import names_of_steps
from ....engine.text import clean, listed
from ...render.lines import fit, width_of
from ...render.look import Look
from ...render.numbers import age, compact, count, duration, score
from ...widgets.pane import Row, cut, hanging, line, sides

if TYPE_CHECKING:
    from ....engine.events import Value
    from ....engine.preset.method_options import Method
    from ....engine.preset.preset import Preset
    from ....engine.problem.problem import Card
    from ....engine.record.store import RunEntry
    from ....engine.space.space import Dimension
    from .presets import Draft, Entry

BOLD = Style(bold=True)


def problem_rows(title: str, message: str, look: Look, width: int, *, table: bool = False) -> list[Row]:
    """Return the card of a preset that cannot be run, or of a table that gives none: what is wrong, in full."""
    head = line((title, BOLD), width=width)
    bad = look.fore(look.bad)
    what = "Nothing can be made of this table" if table else "This preset cannot be run"
    rows = [Row(head), Row(line()), Row(line((f"{look.cross} {what}", bad)))]
    rows += hanging(line(), clean(message, 1500), max(width, 20))
    hint = "Mend the file, then press R to read it again."
    return [*rows, Row(line()), Row(line((hint, look.dim_style), width=width))]


def waiting_rows(entry: Entry, look: Look, width: int) -> list[Row]:
    """Return the card of what has not been read yet."""
    doing = "looking at the table" if entry.table else "reading the preset"
    return [Row(line((entry.title, BOLD), width=width)), Row(line((f"{doing} {look.ellipsis}", look.dim_style)))]


def trouble_rows(problem: str, look: Look, width: int) -> list[Row]:
    """Return why a run could not start, for the end of its preset's card; nothing where nothing is wrong."""
    if not problem:
        return []
    return [Row(line()), *hanging(line(), f"{look.cross} {problem}", width, look.fore(look.bad))]


def preset_rows(
    entry: Entry, draft: Draft, card: Card | str | None, past: list[RunEntry], look: Look, width: int, *, roomy: bool
) -> list[Row]:
    """Return a preset's card.

    `card` is None while the data is being read, or says why it cannot be; `past` holds the preset's runs, the newest
    first; `roomy` tells that there is room for more than the needful.
    """
    last = past[0] if past else None
    preset = draft.preset
    rows = [Row(_headed(preset.title, entry.reference, look, width))]
    if roomy and preset.description:
        rows += [*hanging(line(), preset.description, width, look.dim_style), Row(line())]
    rows += _data_rows(preset, card, look, width)
    if entry.table:
        hint = f"another target: tunetop init {entry.reference} --target NAME"
        rows += hanging(line(), hint, width, look.dim_style)
    rows += _model_rows(preset, look, width)
    rows.append(Row(line()))
    rows += _space_rows(preset, look, width)
    rows.append(Row(line()))
    rows += [_method_row(draft, method, look, width) for method in preset.methods]
    if rules := preset.stop.told:
        ends = f"each ends at {' or '.join(rules)}"
        rows += hanging(line("       "), ends, max(width - 8, 20), look.fore(look.warn))
    rows.append(Row(line("       ", (_total(draft, last, look), look.dim_style), width=width)))
    if last is not None and not roomy:
        rows.append(Row(_last(last, look, width)))
    elif past:
        rows += [Row(line()), Row(line(("ITS RUNS", look.dim_style)))]
        rows += [Row(_past(run, look, width)) for run in past[:10]]
    return rows


def _headed(title: str, name: str, look: Look, width: int) -> Text:
    """Return a card's first line; the name by which it is called goes where the title needs the room."""
    name = clean(name, 40)
    if width_of(title) + width_of(name) + 2 > width:
        return line((title, BOLD), width=width)
    return sides(line((title, BOLD)), line((name, look.dim_style)), width)


def _data_rows(preset: Preset, card: Card | str | None, look: Look, width: int) -> list[Row]:
    separator = f" {look.separator} "
    if card is None:
        return [Row(line(f"{clean(preset.data.source, 60)} ", ("reading the data …", look.dim_style), width=width))]
    if isinstance(card, str):
        return hanging(line(), f"{look.cross} {clean(card, 600)}", width, look.fore(look.bad))
    held_out = (f"{separator}{count(card.test_rows)} held out", look.dim_style)
    facts = f"{count(card.rows)} rows{separator}{count(card.features)} features"
    rows = [Row(line(facts, held_out, width=width))]
    if chosen := _chosen_columns(preset, separator):
        rows += hanging(line(), chosen, width, look.dim_style)
    kinds = Counter(column.kind for column in card.columns)
    if set(kinds) - {"number"}:
        rows += hanging(line(), separator.join(f"{n} {kind}" for kind, n in kinds.items()), width)
    if card.classes:
        most = 4 if len(card.classes) > 5 else 5
        named = [
            f"{clean(name, 24)}{':' * name.isdigit()} {count(number)}"
            for name, number in list(card.classes.items())[:most]
        ]
        more = len(card.classes) - len(named)
        positive = [f"positive: {clean(card.positive, 24)}"] if card.positive and len(card.classes) == 2 else []
        text = separator.join([*named, *([f"{more} more classes"] if more else []), *positive])
        rows += hanging(line(), text, width)
    else:
        rows.append(Row(line("regression")))
    for note in card.notes:
        rows += hanging(line(), f"! {clean(note, 300)}", width, look.fore(look.warn))
    return rows


def _chosen_columns(preset: Preset, separator: str) -> str:
    """Return which column is to be predicted, and which are no features: of a table, both may have been guessed."""
    data = preset.data
    targets = [data.target] if isinstance(data.target, str) else data.target or []
    said = [f"predicts {', '.join(clean(name, 40) for name in targets)}"] if targets else []
    said += [f"encoding {clean(data.encoding, 20)}"] if data.encoding else []
    if data.drop:
        said.append(f"left out: {listed(data.drop, 4, 30)}")
    return separator.join(said)


def _model_rows(preset: Preset, look: Look, width: int) -> list[Row]:
    name = clean(preset.model.estimator.rpartition(".")[2], 60)
    params = [
        f"{clean(key, 40)} {_plain(value)}" for key, value in preset.model.params.items() if key != "random_state"
    ]
    steps = [clean(step, 60) for step in names_of_steps(preset.model.prepare)]
    parts = [name if not steps else f"{' + '.join(steps)} + {name}", *params]
    rows = hanging(line(), f" {look.separator} ".join(parts), width)
    folds = preset.score.fold_count
    scored = f"{clean(preset.score.shown, 60)}, {f'{folds} folds' if folds else 'its own folds'}"
    scored += f" ({preset.score.scheme.replace('_', ' ')})" if preset.score.scheme else ""
    if preset.score.timeout is not None:
        scored += f", at most {duration(preset.score.timeout)} a fold"
    return [*rows, Row(line(scored, width=width))]


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value[:6])
    return compact(value) if isinstance(value, bool | int | float | None) else clean(value, 40)


def _space_rows(preset: Preset, look: Look, width: int) -> list[Row]:
    dimensions = preset.space.dimensions
    longest = min(max(len(dimension.name) for dimension in dimensions), width // 2)
    rows = []
    for dimension in dimensions[:30]:
        range_, scale = range_of(dimension)
        text = line(fit(clean(dimension.name, 60), longest), "  ", range_)
        if width >= 60 and dimension.scale != "choice" and (values := dimension.grid_values()):
            grid = "grid " + " ".join(_bound(value.label, dimension.scale) for value in values[:20])
            if len(values) > 20 or longest + 20 + len(grid) + 1 + len(scale) > width:
                grid = f"grid of {len(values)}"
            text = line(fit(text.plain, longest + 18), (f"  {grid}", look.dim_style))
        both = text.cell_len + width_of(scale) < width or dimension.scale == "choice"
        rows.append(Row(sides(text, line((scale, look.dim_style)), width) if both else cut(text, width)))
    if len(dimensions) > 30:
        rows.append(Row(line((f"and {len(dimensions) - 30} more", look.dim_style))))
    return rows


def range_of(dimension: Dimension) -> tuple[str, str]:
    """Return what a dimension spans, and on which scale, for reading."""
    if dimension.scale == "choice":
        labels = [compact(choice.label) for choice in dimension.choices]
        return ", ".join(labels[:12]) + (", …" if len(labels) > 12 else ""), f"{len(labels)} values"
    scale = dimension.scale + (" integer" if dimension.integer else "")
    return f"{_bound(dimension.low, dimension.scale)} … {_bound(dimension.high, dimension.scale)}", scale


def _bound(value: Value, scale: str) -> str:
    """Return a bound or a grid value; powers of ten of a log range as "1e-4", one as "1"."""
    if scale == "log" and isinstance(value, int | float) and value > 0:
        power = math.log10(value)
        if abs(power - round(power)) < 1e-9 and round(power):
            return f"1e{round(power)}"
    return compact(value)


def _method_row(draft: Draft, method: Method, look: Look, width: int) -> Row:
    on = method.name not in draft.off
    style = Style.null() if on else look.dim_style
    trials, fits = draft.trials(method), draft.fits(method)
    changed = look.accent_style if method.name in draft.budgets else style
    budget = draft.budget(method)
    if trials is None:
        amount, cost = f"{count(budget or 0)} {draft.budget_name(method)}", "then refined"
    else:
        amount, cost = f"{count(trials)} trial{'s' * (trials != 1)}", f"{count(fits or 0)} fits"
    text = line(
        ("   [x] " if on else "   [ ] ", look.accent_style if on else look.dim_style),
        (fit(method.name, 12), style),
        (f"{amount:>12}", changed),
        (f"{cost:>14}" if width >= 45 else "", look.dim_style),
    )
    if width >= 60 and method.title.lower() != method.name:
        text.append(f"   {method.title}", look.dim_style)
    return Row(cut(text, width), ("method", method.name))


def _total(draft: Draft, last: RunEntry | None, look: Look) -> str:
    methods = [method for method in draft.preset.methods if method.name not in draft.off]
    if not methods:
        return "no method is switched on"
    trials = [draft.trials(method) for method in methods]
    known = sum(number for number in trials if number is not None) + 1
    text = f"{count(known)}{'+' if None in trials else ''} trials"
    if last is not None and last.phase == "done" and last.finished_trials and None not in trials:
        text += f", about {duration(last.seconds * known / last.finished_trials)}"
    return text + (", together" if draft.together else ", in turn")


def _last(last: RunEntry, look: Look, width: int) -> Text:
    best = f"{score(last.best)} {look.star} {clean(last.best_method, 20)}" if last.best is not None else "nothing yet"
    when = age(time.time() - last.started_at) if last.started_at is not None else ""
    mark, style = look.phase_mark(last.phase)
    text = line(("last run ", look.dim_style), (mark, style), f" {best}  ", (when, look.dim_style))
    named = line(text, (f", {clean(last.id, 60)}", look.dim_style))
    return cut(named if named.cell_len <= width else text, width)


def _past(run: RunEntry, look: Look, width: int) -> Text:
    mark, style = look.phase_mark(run.phase)
    when = age(time.time() - run.started_at) if run.started_at is not None else ""
    took = f"{duration(run.seconds):>9}  " if width >= 80 else ""
    text = line(
        (mark, style),
        f" {fit(clean(run.id, 60), 28 if width >= 80 else 20)} {count(run.finished_trials):>6} trials",
        f" {score(run.best):>8} ",
        (fit(clean(run.best_method, 20), 9), look.dim_style),
        (f"{took}{when}", look.dim_style),
    )
    return cut(text, width)


def run_rows(run: RunEntry, look: Look, width: int) -> list[Row]:
    """Return the card of a run in the list."""
    mark, style = look.phase_mark(run.phase)
    planned = f" of {count(run.planned_trials)}" if run.planned_trials else ""
    rows = [
        Row(_headed(clean(run.title or run.id, 60), clean(run.id, 60), look, width)),
        Row(line((f"{mark} {run.phase}", style))),
        Row(line()),
    ]
    best = f"{score(run.best)} {look.star} {clean(run.best_method, 40)}" if run.best is not None else look.nothing
    facts = [
        ("trials", f"{count(run.finished_trials)}{planned}"),
        ("failed", count(run.failed)),
        ("best", best),
        ("took" if run.phase in ("done", "stopped", "failed") else "for", duration(run.seconds)),
        ("started", age(time.time() - run.started_at) if run.started_at is not None else look.nothing),
    ]
    rows += [Row(line((f"{name:<9}", look.dim_style), value, width=width)) for name, value in facts]
    if run.damage:
        message = f"! the journal: {clean(run.damage, 400)}"
        rows += [Row(line()), *hanging(line(), message, width, look.fore(look.warn))]
    hint = "enter opens it" + ("; r goes on where it was" if run.phase in ("stopped", "interrupted") else "")
    return [*rows, Row(line()), Row(line((hint, look.dim_style), width=width))]
