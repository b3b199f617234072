"""The monitor's arrangement at each size, and the keys at its foot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ....engine.events import BASELINE
from ....engine.state import RunState
from ...keys import EVERYWHERE, Key, key_of
from ...views.catalog import VIEWS, View
from ...views.options import ViewOptions, axes

Mode = Literal["single", "stacked", "wide"]
Panel = Literal["trials", "view", "failures"]

WIDE = 140
"""Columns from which trials and views stand side by side."""

TALL = 30
"""Rows from which a view stands under the trials."""

TWO_VIEWS = 40
"""Rows from which two views stand one above the other, beside the trials."""

TWO_ACROSS = 100
"""Columns from which two views stand side by side, under the trials."""


@dataclass(frozen=True)
class Arrangement:
    """Which parts are shown: `trials` and `failures` share one place; `view` and `second` are the views."""

    mode: Mode
    methods: bool
    trials: bool
    failures: bool
    view: bool
    second: bool

    @property
    def left(self) -> bool:
        """True if there is anything beside, or above, the views."""
        return self.methods or self.trials or self.failures


def arrangement(width: int, height: int, panel: Panel, fill: bool) -> Arrangement:
    """Return what is shown at a size: `panel` is what was chosen last, alone on the screen if it is to `fill` it."""
    failures = panel == "failures"
    if fill:
        view = panel == "view"
        return Arrangement("single", False, panel == "trials", failures, view, False)
    if width >= WIDE:
        return Arrangement("wide", True, not failures, failures, True, height >= TWO_VIEWS)
    if height >= TALL:
        return Arrangement("stacked", True, not failures, failures, True, width >= TWO_ACROSS)
    return Arrangement("single", True, panel == "trials", failures, panel == "view", False)


def foot(state: RunState, panel: Panel, view: str, options: ViewOptions, *, frozen: bool, steers: bool) -> list[Key]:
    """Return the keys in the order in which they are left out, last first, where there is no room for all."""
    keys = _of_view(state, VIEWS[view], options) if panel == "view" else _of_list(panel, frozen=frozen)
    go_on = "go on" if state.phase == "paused" else ""
    if state.watched:
        # one method, and no baseline: there is nothing to compare
        keys += [_key("run.copy_best"), _key("run.export")] if state.ended or not steers else []
        keys += [_key("run.stop"), _key("run.pause", go_on)] if steers else []
    elif state.ended:
        keys += [_key("run.compare"), _key("run.export"), _key("run.copy_best")]
    elif steers:
        keys += [_key("run.stop"), _key("run.compare"), _key("run.pause", go_on), _key("run.skip")]
    else:
        keys += [_key("run.compare"), _key("run.export")]
    if state.cluster.address:
        keys.append(_key("hosts"))
    keys.append(_key("fill"))
    if panel == "trials":
        keys += [_key("list.follow"), _key("list.columns"), _key("list.reverse")]
    return [*keys, key_of("help", EVERYWHERE)]


def _key(action: str, title: str = "", press: str = "") -> Key:
    return key_of(action, "monitor", title, press)


def _of_list(panel: Panel, *, frozen: bool) -> list[Key]:
    if panel == "failures":
        return [_key("list.open_trial", "first of them"), _key("back", "trials"), _key("step_view(1)")]
    return [
        _key("list.open_trial"),
        _key("list.filter"),
        _key("list.sort"),
        _key("step_view(1)"),
        _key("freeze", "go on" if frozen else ""),
    ]


def _of_view(state: RunState, view: View, options: ViewOptions) -> list[Key]:
    keys: list[Key] = []
    if view.uses_axes and len(axes(state)) > 1:
        keys.append(_key("view.step_axes(1)", press="[ ]"))
    if view.turns:
        keys.append(_key("turn(-1)", "turn", "←↑↓→"))
    if view.uses_methods and sum(name != BASELINE for name in state.methods) > 1:
        keys.append(_key("view.view_method", "method"))
    if (form := view.next_form(state, options)) is not None:
        keys.append(_key("view.view_option", form.label))
    return [*keys, _key("step_view(1)", "next"), _key("view.save_view", "picture"), _key("next_part", "trials")]
