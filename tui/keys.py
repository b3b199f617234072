"""Every key of every screen, in one frozen table.

The table drives the screens' bindings, the footer, the help screen, the command palette and the keys in `USING.md`
(`python -m tunetop.tui.keys` prints it). A screen implements `action_NAME` for each of its keys' actions `NAME(…)` (for
`PART.NAME(…)`, its part of that name does) and takes `BINDINGS = bindings_for("its name")`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.binding import BindingType

EVERYWHERE = "everywhere"
SCREENS = {
    "picker": "Picker",
    "monitor": "Monitor",
    "trial": "Trial",
    "hosts": "Hosts of a cluster",
    "comparison": "Comparison",
    "more trials": "More trials",
    "by hand": "A trial by hand",
    "columns": "Columns",
    "side by side": "Runs side by side",
    "watch": "What to watch",
    "race": "Race",
    "leave": "Leaving a run",
    "confirm": "A question",
    "help": "Help",
    EVERYWHERE: "Everywhere",
}
"""The places where keys are valid, in the order in which help lists them."""

_SHOWN = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "backspace": "bksp",
    "ctrl+c": "ctrl+c",
}


@dataclass(frozen=True)
class Key:
    """One action and the keys for it.

    `action` is textual's action string, with a part of the screen and a dot in front where that part carries it out;
    `{key}` in it stands for the key that was pressed. `keys` are textual's names
    or single characters, the one to show first in front. `title` is short, for the footer and the palette; `help` is
    one sentence. `footer` puts it among the few keys that a screen shows at its foot; the monitor chooses its own.
    """

    action: str
    keys: tuple[str, ...]
    title: str
    footer: bool = False
    help: str = ""
    palette: bool = True
    """Whether the command palette offers it: moving the cursor makes no sense there."""
    where: str = ""
    """The place where it is valid, one of `SCREENS`."""

    @property
    def command(self) -> str:
        """The action as textual takes it on the screen."""
        part, dot, call = self.action.partition(".")
        name, _, values = call.removesuffix(")").partition("(")
        return f"part({part!r}, {name!r}, [{values}])" if dot else self.action

    @property
    def shown(self) -> str:
        """The first key as people know it, for the footer."""
        return shown(self.keys[0])

    @property
    def all_shown(self) -> str:
        """All keys as people know them, for help and `USING.md`: "↓ j", "1…9"."""
        if len(self.keys) > 3 and all(key.isdigit() for key in self.keys):
            return f"{self.keys[0]}…{self.keys[-1]}"
        return " ".join(shown(key) for key in self.keys)


def shown(key: str) -> str:
    """Return a key's name as people know it: "↓", "esc", "shift+←"."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*modifiers, _SHOWN.get(last, last)])


def _moves(*, pages: bool = True, part: str = "") -> tuple[Key, ...]:
    keys = (
        Key(f"{part}move(1)", ("down", "j"), "Down", help="One row down.", palette=False),
        Key(f"{part}move(-1)", ("up", "k"), "Up", help="One row up.", palette=False),
    )
    if not pages:
        return keys
    return (
        *keys,
        Key(f"{part}move(0, 1)", ("pagedown", "ctrl+d"), "Page down", help="One page down.", palette=False),
        Key(f"{part}move(0, -1)", ("pageup", "ctrl+u"), "Page up", help="One page up.", palette=False),
        Key(f"{part}move_to_end(False)", ("home", "g"), "First", help="To the first row.", palette=False),
        Key(f"{part}move_to_end(True)", ("end", "G"), "Last", help="To the last row.", palette=False),
    )


_BY_SCREEN: dict[str, tuple[Key, ...]] = {
    "picker": (
        Key("start", ("enter",), "start", True, "Start the preset, or open the run, under the cursor."),
        Key("next_part", ("tab",), "methods", True, "Between the list and the methods of the card.", False),
        Key("choose", ("space",), "choose", True, "Switch a method on or off; mark a run to be compared."),
        Key("card.change_budget(1)", ("+", "="), "budget", True, "Give the method under the cursor a larger budget."),
        Key("card.change_budget(-1)", ("-",), "less", False, "Give the method under the cursor a smaller budget."),
        Key("card.toggle_together", ("T",), "together", False, "Run the methods in turn or all together."),
        Key("run.open_run", ("o",), "open run", True, "Open the run under the cursor, or the latest one."),
        Key("run.resume", ("r",), "resume", False, "Go on with a stopped or interrupted run."),
        Key("run.compare", ("C",), "compare", False, "Marked runs side by side; of one, all on the same data."),
        Key("filter", ("/",), "filter", False, "Narrow the lists to what contains a text."),
        Key("reload", ("R",), "reload", False, "Read presets and runs from disk again."),
        Key("back", ("escape",), "back", False, "Leave the methods, or clear the filter.", False),
        *_moves(),
    ),
    "monitor": (
        Key("list.open_trial", ("enter",), "trial", False, "Everything about the trial under the cursor."),
        Key("list.filter", ("/",), "filter", False, "Filter trials: method:random lr>1e-3 failed score>=0.97."),
        Key("list.sort", ("s",), "sort", False, "Sort trials by the next column."),
        Key("list.reverse", ("i",), "reverse", False, "Turn the order of the trials around."),
        Key("list.columns", ("c",), "columns", False, "Choose the columns of the trials."),
        Key("list.follow", ("f",), "follow", False, "Keep the cursor on the newest trial, on the best, or let it be."),
        Key("freeze", ("space",), "freeze", False, "Hold the display still; the run goes on."),
        Key("run.pause", ("p",), "pause", False, "Begin no new folds, or go on."),
        Key("run.stop", ("x",), "stop", False, "Stop the run: running folds finish, the summary is written."),
        Key("run.skip", ("n",), "skip", False, "End the running method early and go on with the next one."),
        Key("run.add_trials", ("+",), "add trials", False, "Give a method more trials, be it through or not."),
        Key("run.add_by_hand", ("A",), "trial by hand", False, "Try a point of your own, like this trial."),
        Key("run.compare", ("m",), "compare", False, "The comparison of the methods, also while they run."),
        Key("hosts", ("H",), "hosts", False, "The cluster's hosts: who is there, and how busy."),
        Key("run.export", ("e",), "export", False, "Write the export files and say where they are."),
        Key("run.copy_best", ("y",), "copy best", False, "Copy the best parameters as a Python dict."),
        Key("panel({key})", tuple("123456789"), "panel", False, "Choose a panel: trials, or a view.", False),
        Key("failures", ("0",), "failures", False, "Failed trials, grouped by their reason."),
        Key("panel('C')", ("C",), "curves", False, "Curves: what trials of a watched search report.", False),
        Key("panel('P')", ("P",), "Pareto", False, "The Pareto front of several objectives.", False),
        Key("step_view(1)", ("v",), "view", False, "The next view."),
        Key("step_view(-1)", ("V",), "view before", False, "The view before."),
        Key("fill", ("F",), "fill", False, "Let the panel fill the screen, and back."),
        Key("view.step_axes(1)", ("]",), "axes", False, "The next pair of hyperparameters in the view."),
        Key("view.step_axes(-1)", ("[",), "axes back", False, "The pair of hyperparameters before."),
        Key("view.view_method", ("a",), "view's method", False, "Which method the view shows: all, or one."),
        Key("view.view_option", ("o",), "view's option", False, "The view's other form: overlay, by seconds, regret."),
        Key("turn(-1)", ("left", "h", "shift+left"), "left", False, "Turn a 3D view left; columns left."),
        Key("turn(1)", ("right", "l", "shift+right"), "right", False, "Turn a 3D view right; columns right."),
        Key("view.turn(0, 1)", ("K", "shift+up"), "tilt up", False, "Tilt a 3D view up, as ↑ does."),
        Key("view.turn(0, -1)", ("J", "shift+down"), "tilt down", False, "Tilt a 3D view down, as ↓ does."),
        Key("view.save_view", ("S",), "save picture", False, "Save a picture of the view: SVG, text, ANSI."),
        Key("next_part", ("tab",), "other side", False, "Between trials and view.", False),
        Key("back", ("escape",), "back", False, "Clear the filter, leave the full screen, or the run.", False),
        *_moves(part="list."),
    ),
    "trial": (
        Key("copy", ("y",), "copy parameters", True, "Copy the parameters as a Python dict."),
        Key("step(-1)", ("left", "h"), "previous", True, "The trial before, of the same method."),
        Key("step(1)", ("right", "l"), "next", True, "The next trial of the same method."),
        Key("best", ("b",), "best", True, "The best trial of the run."),
        Key("original", ("o",), "original", False, "The trial whose scores were reused here."),
        Key("add_by_hand", ("A",), "trial by hand", False, "Try a point of your own, like this trial."),
        Key("fail", ("Z",), "mark failed", False, "Mark a silent trial of a study as failed, after asking."),
        Key("back", ("escape", "backspace"), "back", True, "Back to where you came from.", False),
        *_moves(),
    ),
    "hosts": (Key("back", ("escape", "H"), "back", True, "Back to where you came from.", False), *_moves()),
    "comparison": (
        Key("details", ("enter",), "trials", True, "The monitor with every trial."),
        Key("export", ("e",), "export", True, "Write the export files and say where they are."),
        Key("report", ("R",), "report", False, "Write the run as one HTML file, for others to read."),
        Key("copy_best", ("y",), "copy best", True, "Copy the best parameters as a Python dict."),
        Key("run_again", ("r",), "run again", True, "Run again, or go on where it was stopped."),
        Key("open_best", ("b",), "best trial", False, "Everything about the best trial."),
        Key("add_trials", ("+",), "add trials", False, "Give a method more trials and go on."),
        Key("add_by_hand", ("A",), "trial by hand", False, "Try a point of your own, like the best."),
        Key("back", ("escape", "m"), "back", True, "Back to where you came from.", False),
        *_moves(),
    ),
    "more trials": (
        Key("add", ("enter",), "add", False, "Give the method under the cursor so many more trials."),
        Key("step(1)", ("+", "=", "right"), "ten more", False, "To the next multiple of ten."),
        Key("step(-1)", ("-", "left"), "ten fewer", False, "To the multiple of ten before."),
        Key("digit({key})", tuple("0123456789"), "number", False, "Type the number."),
        Key("erase", ("backspace",), "erase", False, "Take back the last digit."),
        Key("close", ("escape", "q"), "back", False, "Back to the run; nothing is added."),
        *_moves(pages=False),
    ),
    "by hand": (
        Key("submit", ("enter",), "add", False, "Add the trial, if every line of it is in the space."),
        Key("move(1)", ("down", "tab"), "down", False, "To the next hyperparameter."),
        Key("move(-1)", ("up", "shift+tab"), "up", False, "To the hyperparameter before."),
        Key("move(0, 1)", ("pagedown",), "page down", False, "One page down."),
        Key("move(0, -1)", ("pageup",), "page up", False, "One page up."),
        Key("line.step(-1)", ("left",), "left", False, "The choice before; in a number, one character to the left."),
        Key("line.step(1)", ("right",), "right", False, "The next choice; in a number, one character to the right."),
        Key("line.start", ("home", "ctrl+a"), "start", False, "To the beginning of the value."),
        Key("line.end", ("end", "ctrl+e"), "end", False, "To the end of the value."),
        Key("line.erase", ("backspace",), "erase", False, "Take back the character before the caret."),
        Key("line.delete", ("delete",), "delete", False, "Take away the character at the caret."),
        Key("line.clear", ("ctrl+u",), "clear", False, "Empty the value."),
        Key("close", ("escape",), "back", False, "Back to the run; nothing is added."),
    ),
    "side by side": (Key("back", ("escape",), "back", True, "Back to the runs."), *_moves()),
    "watch": (
        Key("open", ("enter",), "watch", True, "Watch what is under the cursor; esc comes back."),
        Key("look_again", ("R",), "look again", True, "Look for what there is once more."),
        *_moves(),
    ),
    "race": (
        Key("open_seed", ("enter",), "open run", True, "The run of the seed under the cursor; esc comes back."),
        Key("next_part", ("tab",), "panel", True, "The next panel, where the window shows one at a time.", False),
        Key("view_option", ("o",), "by seconds", True, "Curves by trial, or by fit seconds."),
        Key("stop", ("x",), "stop", True, "Stop the race: running folds finish, the files are written."),
        Key("export", ("e",), "files", True, "Where the race's files are."),
        Key("panel({key})", tuple("123"), "panel", False, "Choose a panel: curves, seeds, tests.", False),
        Key("back", ("escape",), "back", False, "Back to where you came from.", False),
        *_moves(),
    ),
    "leave": (
        Key("choose", ("enter",), "choose", False, "Take the choice under the cursor."),
        Key("answer('leave')", ("l",), "leave", False, "Leave it going, without a screen."),
        Key("answer('stop')", ("s",), "stop", False, "Stop it orderly, then quit."),
        Key("answer('stay')", ("escape", "q"), "stay", False, "Stay with it."),
        *_moves(pages=False),
    ),
    "confirm": (
        Key("choose", ("enter",), "choose", False, "Take the answer under the cursor."),
        Key("answer(True)", ("y",), "yes", False, "Yes, do it."),
        Key("answer(False)", ("escape", "n", "q"), "no", False, "No, leave it as it is."),
        *_moves(pages=False),
    ),
    "columns": (
        Key("toggle_column", ("space", "enter"), "show or hide", False, "Show or hide the column under the cursor."),
        Key("show_all", ("a",), "all", False, "Show all columns."),
        Key("close", ("escape", "c", "q"), "done", False, "Back to the trials.", False),
        *_moves(pages=False),
    ),
    "help": (Key("close", ("escape", "?", "q"), "back", True, "Back to where you came from.", False), *_moves()),
    EVERYWHERE: (
        Key("help", ("?", "f1"), "help", True, "This list."),
        Key("command_palette", ("ctrl+p",), "palette", False, "Find any action by its name.", False),
        Key("next_theme", ("t",), "theme", False, "The next theme: dark, light, high contrast, colour-blind."),
        Key("redraw", ("ctrl+l",), "redraw", False, "Paint the whole screen again."),
        Key("leave", ("q", "ctrl+q"), "quit", False, "Quit; while a run is going, asks what becomes of it."),
        Key("interrupt", ("ctrl+c",), "stop", False, "Stop orderly; a second time: at once.", False),
    ),
}

KEYS = tuple(replace(key, where=where) for where, keys in _BY_SCREEN.items() for key in keys)
"""All of them, each with the place where it is valid."""


def keys_for(where: str) -> list[Key]:
    """Return the keys of one screen, those that are valid everywhere left out."""
    return [key for key in KEYS if key.where == where]


def footer_keys(where: str) -> list[Key]:
    """Return the keys that a screen shows at its foot; `? help` comes last."""
    return [key for key in (*keys_for(where), *keys_for(EVERYWHERE)) if key.footer]


def key_of(action: str, where: str, title: str = "", press: str = "") -> Key:
    """Return the key of an action, with another title or another way to show what is pressed (`"h l"`) if given."""
    key = next(key for key in KEYS if (key.action, key.where) == (action, where))
    return replace(key, title=title or key.title, keys=(press,) if press else key.keys)


def bindings_for(where: str) -> list[BindingType]:
    """Return textual's bindings for a screen, or for the app (`EVERYWHERE`)."""
    from textual.binding import Binding

    return [
        Binding(
            name,
            key.command.format(key=name),
            key.title,
            show=False,
            key_display=shown(name),
            priority=key.action == "interrupt",
        )
        for key in keys_for(where)
        for name in key.keys
    ]


def markdown(keys: Iterable[Key] = KEYS) -> str:
    """Return the keys as the table in `USING.md`."""
    lines = ["| screen | keys | what |", "|---|---|---|"]
    before = ""
    for key in keys:
        screen = SCREENS[key.where] if key.where != before else ""
        before = key.where
        pressed = " ".join(f"`{part}`" for part in key.all_shown.split(" "))
        lines.append(f"| {screen} | {pressed} | {key.help} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())
