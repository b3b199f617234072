import inspect
import re
import subprocess
import sys

import pytest
from textual.actions import parse
from textual.binding import BindingsMap
from tunetop.tui.keys import EVERYWHERE, KEYS, SCREENS, bindings_for, footer_keys, keys_for, markdown
from tunetop.tui.screens.by_hand import ByHandScreen, LineKeys
from tunetop.tui.screens.choose_columns import ColumnsScreen
from tunetop.tui.screens.comparison import ComparisonScreen
from tunetop.tui.screens.confirm import ConfirmScreen
from tunetop.tui.screens.help import HelpScreen
from tunetop.tui.screens.leave import LeaveScreen
from tunetop.tui.screens.monitor.list_panel import ListPanel
from tunetop.tui.screens.monitor.screen import MonitorScreen
from tunetop.tui.screens.monitor.steering import Steering
from tunetop.tui.screens.monitor.views_panel import ViewsPanel
from tunetop.tui.screens.more_trials import MoreTrialsScreen
from tunetop.tui.screens.picker.parts import MethodKeys, RunKeys
from tunetop.tui.screens.picker.screen import PickerScreen
from tunetop.tui.screens.tournament.screen import TournamentScreen
from tunetop.tui.screens.trial import TrialScreen
from tunetop.tui.screens.watch_picker import WatchPickerScreen

BY_NAME = {
    "picker": PickerScreen,
    "monitor": MonitorScreen,
    "trial": TrialScreen,
    "comparison": ComparisonScreen,
    "more trials": MoreTrialsScreen,
    "by hand": ByHandScreen,
    "columns": ColumnsScreen,
    "confirm": ConfirmScreen,
    "watch": WatchPickerScreen,
    "race": TournamentScreen,
    "leave": LeaveScreen,
    "help": HelpScreen,
}

PARTS = {("monitor", "list"): ListPanel, ("monitor", "view"): ViewsPanel, ("monitor", "run"): Steering}
PARTS |= {("picker", "card"): MethodKeys, ("picker", "run"): RunKeys, ("by hand", "line"): LineKeys}


@pytest.mark.parametrize("where", SCREENS)
def test_no_key_means_two_things_on_one_screen(where):
    pressed = [key for entry in keys_for(where) for key in entry.keys]
    assert sorted(pressed) == sorted(set(pressed))


@pytest.mark.parametrize("where", BY_NAME)
def test_every_action_of_the_table_is_there_on_its_screen(where):
    for key in keys_for(where):
        _, name, values = parse(key.command.format(key=key.keys[0]))
        holder = BY_NAME[where]
        if name == "part":
            part, name, values = values
            holder = PARTS[where, part]
        assert hasattr(holder, f"action_{name}"), f"{where}: {name}"
        inspect.signature(getattr(holder, f"action_{name}")).bind(None, *values)


def test_every_action_that_is_valid_everywhere_is_the_apps():
    from tunetop.tui.app.app import TunetopApp

    for key in keys_for(EVERYWHERE):
        assert hasattr(TunetopApp, f"action_{key.action}"), key.action


@pytest.mark.parametrize("where", SCREENS)
def test_bindings_hold_every_key_of_the_table_once(where):
    bound = BindingsMap(bindings_for(where))
    assert len(bound.key_to_bindings) == sum(len(key.keys) for key in keys_for(where))


def test_a_number_key_says_which_panel_it_means():
    bound = BindingsMap(bindings_for("monitor"))
    assert bound.key_to_bindings["7"][0].action == "panel(7)"


@pytest.mark.parametrize("where", ["picker", "trial", "comparison", "race"])
def test_the_foot_shows_five_keys_that_matter_and_help_last(where):
    shown = footer_keys(where)
    assert len(shown) == 6
    assert (shown[-1].shown, shown[-1].title) == ("?", "help")
    assert sum(len(key.shown) + len(key.title) + 4 for key in shown) <= 80


def test_ctrl_z_is_not_bound():
    assert not [key for key in KEYS if "ctrl+z" in key.keys]


def test_arrows_and_vim_keys_move_everywhere():
    for where in ("picker", "monitor", "trial", "comparison", "race", "help"):
        keys = {name for key in keys_for(where) for name in key.keys}
        assert {"up", "down", "j", "k", "g", "G"} <= keys


def test_the_readme_table_has_one_row_for_each_action():
    table = markdown()
    assert len(table.splitlines()) == len(KEYS) + 2
    assert "| Picker | `enter` |" in table
    assert "`1…9`" in table
    printed = subprocess.run([sys.executable, "-m", "tunetop.tui.keys"], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == table


def test_every_key_is_explained_in_one_sentence():
    for key in KEYS:
        assert re.fullmatch(r"[A-Z].*\.", key.help), key
        assert len(key.help) <= 70, key
