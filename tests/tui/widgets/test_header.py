"""The monitor's head in little room: what is shown of the best trial is shown whole."""

from __future__ import annotations

import pytest
from rich.text import Text
from tunetop.engine.events import Value
from tunetop.tui.app.themes import look_for
from tunetop.tui.widgets.header import Part, _params, packed

LOOK = look_for("dark")

FEW: dict[str, Value] = {"learning_rate_init": 0.000294123, "alpha": 4.21e-05}
MANY: dict[str, Value] = {f"classifier__regressor__{'x' * n}{n}": n * 1.5e-7 for n in range(1, 30)}


def line(params: dict[str, Value], width: int) -> str:
    def shorter(cells: int) -> Text:
        return _params(LOOK, cells, params)

    left = [Part(Text("best 0.9824 ★ random #2"), 100), Part(shorter(width), 60, 12, shorter)]
    text = packed(left, [Part(Text("2 running"), 90)], width)
    assert text.cell_len == width
    return text.plain


@pytest.mark.parametrize("params", [FEW, MANY], ids=["few", "many"])
def test_no_number_is_cut_in_any_width(params: dict[str, Value]) -> None:
    values = ["0.000294", "4.21e-05"] if params is FEW else [f"{value:.3g}" for value in params.values()]
    for width in range(70, 240):
        shown = line(params, width).split("#2")[1].split("2 running")[0].split()
        numbers = [word for word in shown if word[0].isdigit()]
        assert numbers == values[: len(numbers)], width
        assert numbers, width


def test_names_give_way_before_values_do() -> None:
    assert "learning_rate_init 0.000294  alpha 4.21e-05  2 running" in line(FEW, 81)
    assert "learnin…ate_init 0.000294  alpha 4.21e-05" in line(FEW, 80)
    assert "learn…e_init 0.000294  …" in line(FEW, 66)
