"""Which keys the monitor shows at its foot: those of what one looks at, those that matter most first."""

from __future__ import annotations

from ...engine.state import BASELINE, RunState
from ..keys import EVERYWHERE, Key, key_of
from ..render.options import ViewOptions, axes
from ..render.views import VIEWS, View
from .monitor_layout import Panel


def foot(state: RunState, panel: Panel, view: str, options: ViewOptions, *, frozen: bool, steers: bool) -> list[Key]:
    """Return the keys in the order in which they are left out, last first, where there is no room for all."""
    keys = _of_view(state, VIEWS[view], options) if panel == "view" else _of_list(panel, frozen=frozen)
    if state.ended:
        keys += [_key("compare"), _key("export"), _key("copy_best")]
    elif steers:
        keys += [_key("stop"), _key("compare"), _key("pause", "go on" if state.phase == "paused" else ""), _key("skip")]
    else:
        keys += [_key("compare"), _key("export")]
    keys += [_key("fill")]
    if panel == "trials":
        keys += [_key("follow"), _key("columns"), _key("reverse")]
    return [*keys, key_of("help", EVERYWHERE)]


def _key(action: str, title: str = "", press: str = "") -> Key:
    return key_of(action, "monitor", title, press)


def _of_list(panel: Panel, *, frozen: bool) -> list[Key]:
    if panel == "failures":
        return [_key("open_trial", "first of them"), _key("back", "trials"), _key("next_view")]
    return [
        _key("open_trial"),
        _key("filter"),
        _key("sort"),
        _key("next_view"),
        _key("freeze", "go on" if frozen else ""),
    ]


def _of_view(state: RunState, view: View, options: ViewOptions) -> list[Key]:
    keys: list[Key] = []
    if view.uses_axes and len(axes(state)) > 1:
        keys.append(_key("next_axes", press="[ ]"))
    if view.turns:
        keys.append(_key("turn_left", "turn", "←↑↓→"))
    if view.uses_methods and sum(name != BASELINE for name in state.methods) > 1:
        keys.append(_key("view_method", "method"))
    if other := view.other_form(state, options):
        keys.append(_key("view_option", other))
    return [*keys, _key("next_view", "next"), _key("save_view", "picture"), _key("next_part", "trials")]
