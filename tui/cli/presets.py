"""`tunetop presets`: those that are shipped, and the check of one's own."""

from __future__ import annotations

from collections import Counter
from typing import Any

import typer

from ...engine.preset.preset import LARGEST, SHIPPED, Preset, load
from ...engine.text import clean, clean_block
from ..render.columns import columns
from .closing import print_json
from .exit_codes import DONE
from .options import AllowImport, Json

commands = typer.Typer()
below = typer.Typer(help="The shipped presets, or the check of one's own.", rich_markup_mode=None)
commands.add_typer(below, name="presets")


@below.callback(invoke_without_command=True)
def presets(context: typer.Context, as_json: Json = False) -> int:
    """List the shipped presets."""
    if context.invoked_subcommand is not None:
        return DONE
    loaded = [load(path) for path in sorted(SHIPPED.glob("*.toml"))]
    if as_json:
        print_json([_described(preset) for preset in loaded])
    else:
        print(columns(["preset", "title", "what"], [[p.name, p.title, p.description] for p in loaded]))
    return DONE


@below.command("show")
def show_preset(name: str, as_json: Json = False) -> int:
    """Print a preset: its file, or with --json what it says."""
    preset = load(name)
    if as_json:
        print_json(_described(preset))
    else:
        print(clean_block(preset.text, LARGEST).rstrip())
    return DONE


@below.command("check")
def check_preset(
    file: str,
    as_json: Json = False,
    allow_import: AllowImport = [],  # noqa: B006 - typer wants the default here, and does not change it
) -> int:
    """Check a preset with its data, estimator, each choice and scorer, by fits on few rows, without running it."""
    from ...engine.problem.problem import load_problem
    from ...engine.run.launch import RunOptions, check_methods
    from ...engine.workers.check import check_baseline, check_values

    preset = load(file)
    allowed = RunOptions(allow_imports=tuple(allow_import)).allowed
    problem = load_problem(preset, allowed)
    check_methods(preset, preset.methods, allowed)
    tried = [*check_baseline(problem), *check_values(problem)]
    card = problem.card
    if as_json:
        print_json({"preset": preset.name, "ok": True, "rows": card.rows, "features": card.features})
    else:
        counts = f"{card.rows} rows, {card.features} features, {card.test_rows} rows held out"
        print(f"{clean(preset.path, 400)}: good; {counts}")
        kinds = Counter(column.kind for column in card.columns)
        print(f"  features: {', '.join(f'{number} {kind}' for kind, number in kinds.items())}")
        if card.positive:
            print(f"  positive class: {clean(card.positive, 60)}")
        for note in (*card.notes, *tried):
            print(f"! {note}")
    return DONE


def _described(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name,
        "title": preset.title,
        "description": preset.description,
        "source": preset.data.source,
        "estimator": preset.model.estimator,
        "scoring": preset.score.shown,
        "folds": preset.score.folds,
        "space": [dimension.axis() for dimension in preset.space.dimensions],
        "methods": preset.plans(),
    }
