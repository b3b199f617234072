"""Hostile strings through every screen, the command line's output and every export: none comes out raw."""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from app_runs import app_for, preset_file, text_of, until
from breadth import WHOLE
from hostile_text import HOSTILE, keepable, raw, told
from made_run import MadeRun, flipped
from msgspec.structs import replace
from running import LONG
from tunetop.engine.errors import PresetError
from tunetop.engine.events import Axis, MethodPlan
from tunetop.engine.export.formats import FORMATS, export
from tunetop.engine.preset.preset import load
from tunetop.engine.record.journal import Journal
from tunetop.engine.record.run_folder import RunFolder
from tunetop.engine.record.store import Store
from tunetop.engine.state import RunState
from tunetop.tui.cli.headless import Bars
from tunetop.tui.render.look import LOOKS
from tunetop.tui.render.picture import to_ansi, to_svg, to_text
from tunetop.tui.screens.picker.screen import PickerScreen
from tunetop.tui.views.catalog import VIEWS
from tunetop.tui.views.options import ViewOptions

ALL = 2000 if WHOLE else 250
"""How many: those of the fixed list and drawn ones, of which `make soak` has more."""

BATCH = 250
TARGETS = [0.0, 1.0] * 10


def _hostile_strings() -> list[str]:
    """Return the fixed list and as many drawn ones as are wanted: of any kinds of characters, and of its own."""
    kinds: dict[str, list[str]] = {}
    for character in map(chr, range(0x110000)):
        kinds.setdefault(unicodedata.category(character), []).append(character)
    kinds |= {"ASCII": list(map(chr, range(128))), "nasty": [one for text in HOSTILE[:80] for one in text[:40]]}
    found, chance = dict.fromkeys(HOSTILE), random.Random(1)
    while len(found) < ALL:
        # of one kind, or of as many as there are letters
        some = chance.choices(list(kinds), k=chance.choice((1, 1, 40)))
        letters = [chance.choice(kinds[chance.choice(some)]) for _ in range(chance.randint(0, 40))]
        found["".join(letters)] = None
    return list(found)[:ALL]


@pytest.fixture(scope="module")
def strings() -> list[str]:
    texts = _hostile_strings()
    assert len(texts) == ALL
    return texts


def batches(texts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), BATCH):
        yield texts[start : start + BATCH]


def hostile_run(texts: list[str]) -> MadeRun:
    """Return a finished run in which the strings stand in every place that holds text."""
    some = iter(texts * 2)
    names = [f"{next(some)}{place}" for place in ("a", "b")]
    plans = [MethodPlan(name="baseline", kind=next(some), title=next(some), trials=1)]
    plans += [MethodPlan(name=f"{next(some)}{n}", kind=next(some), title=next(some), trials=9) for n in range(3)]
    run = MadeRun(
        (),
        run=next(some),
        preset=next(some),
        title=next(some),
        estimator=next(some),
        scoring=next(some),
        host=next(some),
        fingerprint=next(some),
        notes=[next(some) for _ in range(3)],
        classes={next(some): 3 for _ in range(20)},
        versions={next(some): next(some) for _ in range(4)},
        axes=[
            Axis(name=names[0], scale="choice", labels=list(dict.fromkeys(texts[:20]))),
            Axis(name=names[1], scale="log", low=1e-5, high=1.0),
        ],
        test_targets=TARGETS,
    )
    started = run.records[0]
    run.records[0] = replace(started, event=replace(started.event, methods=plans))
    run.trial("baseline", 0, [0.8, 0.9, 0.85], {})
    run.finish("baseline", 0, 0.9, flipped(TARGETS, 3, 4))
    for place, plan in enumerate(plans[1:]):
        for number, text in enumerate(texts[place::3]):
            point: dict[str, Any] = {names[0]: text, names[1]: 10.0 ** -(1 + number % 5)}
            scores = [] if number % 2 else [0.9, 0.8, 0.7 + number / 1000]
            more = {"error": text, "details": f"{text}\n  {text}"} if number % 2 else {}
            run.trial(plan.name, number, scores, point, warnings={text: 1}, **more)
        run.finish(plan.name, 0, 0.95, flipped(TARGETS, place))
    run.end("done")
    return run


def stored(store: Store, texts: list[str]) -> RunFolder:
    folder = store.create("hostile", "title = 'x'\n")
    journal = Journal.create(folder.journal)
    for record in hostile_run([text for text in texts if keepable(text)]).records:
        journal.append(record.event)
    journal.close()
    return folder


@pytest.mark.parametrize("part", range(ALL // BATCH))
async def test_no_screen_shows_a_hostile_string_raw(strings: list[str], tmp_path: Path, part: int) -> None:
    texts = strings[part * BATCH : (part + 1) * BATCH]
    store = Store(tmp_path / "runs")
    app = app_for(tmp_path, store=store, folder=stored(store, texts))
    async with app.run_test(size=(140, BATCH + 20), notifications=True) as pilot:
        await until(pilot, lambda: len(app.screen_stack) > 1 and "Compari" in type(app.screen).__name__)
        await until(pilot, lambda: getattr(app.screen, "summary", None))
        assert not raw(text_of(app))
        await pilot.press("escape")
        for key in ("0", *(view.key for view in VIEWS.values())) if part < 2 else ("0",):
            await pilot.press(key)
            await pilot.pause()
            assert not raw(text_of(app)), key
        session = app.sessions.run
        assert session is not None
        # all of a trial needs fewer lines than all trials, and each line is drawn several times
        await pilot.resize_terminal(140, 100)
        for trial in session.state.trials[part::60]:
            app.open_trial(trial.key)
            await pilot.pause()
            assert len(app.screen.active.rows) <= app.screen.active.size.height
            assert not raw(text_of(app)), trial.error
            await pilot.press("escape")
        await pilot.resize_terminal(140, BATCH + 20)
        # however long a busy machine takes to have all of them on the screen, none has gone by then
        app.NOTIFICATION_TIMEOUT = LONG  # type: ignore[misc]
        for text in texts[:20]:
            app.say(text, "error", title=text)
        await until(pilot, lambda: len(app.screen.query("Toast")) >= 20)
        await pilot.pause()
        assert not raw(text_of(app))


async def test_the_picker_shows_no_hostile_file_or_title_raw(strings: list[str], tmp_path: Path) -> None:
    here = tmp_path / "here"
    store = Store(tmp_path / "runs")
    for number, text in enumerate(HOSTILE):
        title = "".join(f"\\U{ord(character):08X}" for character in text if keepable(character))[:4000]
        (here / f"{number}.toml").parent.mkdir(exist_ok=True)
        preset_file(here, f"own-{number}", title)
        if (
            0
            < len(
                name := os.fsencode(
                    text.replace("/", "_").replace("\x00", "_"),
                )
                if fits(text)
                else b""
            )
            < 200
        ):
            (here / (os.fsdecode(name) + ".toml")).write_text(f'title = "{title}"\n')
    stored(store, [text for text in HOSTILE if text])
    app = app_for(tmp_path, store=store)
    async with app.run_test(size=(160, 400)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, PickerScreen) and app.screen.listing.drafts)
        for _ in range(8):
            await pilot.press("down")
            await pilot.pause()
            assert not raw(text_of(app))
        await until(pilot, lambda: not app.screen.listing.reading)
        assert not raw(text_of(app))


def fits(text: str) -> bool:
    """Tell whether a text can be a word of a command line or a file's name."""
    try:
        return b"\x00" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def test_no_export_holds_a_hostile_string_raw(strings: list[str], tmp_path: Path) -> None:
    # Optuna's are databases, in which text stands as JSON
    formats = [name for name in FORMATS if "optuna" not in name]
    for number, texts in enumerate(batches(strings)):
        state = RunState()
        state.apply_all(hostile_run(texts).records)
        for path in export(state, tmp_path / str(number), formats):
            assert not raw(path.read_text(encoding="utf-8")), path


def test_no_saved_picture_holds_a_hostile_string_raw(strings: list[str], tmp_path: Path) -> None:
    state = RunState()
    state.apply_all(hostile_run(strings[:BATCH]).records)
    look = LOOKS["dark"]
    for name, view in VIEWS.items():
        lines = view.draw(state, ViewOptions(), 120, 30, look)
        assert not raw(to_text(lines)), name
        assert not raw(to_svg(lines, strings[0], look)), name
        assert not raw(re.sub(r"\x1b\[[0-9;]*m", "", to_ansi(lines, look))), name


def test_commands_about_hostile_runs_print_nothing_raw(
    strings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "runs"))
    store = Store(tmp_path / "runs")
    for texts in batches(strings):
        folder = stored(store, texts)
        assert told(capsys, "show", folder.id) == 0
        assert told(capsys, "show", folder.id, "--json") == 0
        assert told(capsys, "export", folder.id, "--format", "csv,json,md") == 0
        assert told(capsys, "attach", folder.id, "--headless") == 0
    for view in VIEWS:
        assert told(capsys, "show", "--view", view) == 0
    assert told(capsys, "list") == 0
    assert told(capsys, "list", "--json") == 0


def test_hostile_words_on_the_command_line_are_refused_in_harmless_lines(
    strings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    forms = (
        ("show", "{}"),
        ("run", "{}", "--headless"),
        ("run", "titanic_logistic", "--headless", "--methods", "{}x"),
        ("presets", "show", "{}"),
        ("run", "titanic_logistic", "--headless", "--set", "{}"),
        ("{}",),
        ("export", "--format", "{}"),
        ("run", "titanic_logistic", "--workers", "{}"),
    )
    words = [text for text in strings[:400] if text and fits(text) and text not in (".", "..") and text[0] != "-"]
    for number, text in enumerate(words):
        form = forms[number % len(forms)]
        assert told(capsys, *(word.replace("{}", text) for word in form)) in (1, 2), (form, text)


def test_hostile_presets_and_tables_are_explained_in_harmless_lines(
    strings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # what fits make of it is tried elsewhere: here they may be short
    good = preset_file(tmp_path / "here", title="good").read_text()
    good = good.replace("[space]", "params = { max_iter = 1 }\n[space]")
    path, table = tmp_path / "hostile.toml", tmp_path / "data.csv"
    places = (
        ('title = "good"', 'title = "{}"'),
        ('"sklearn:iris"', '"{}"'),
        ('"sklearn:iris"', '"csv:{}"'),
        ('"sklearn.linear_model.LogisticRegression"', '"sklearn.{}"'),
        ('scoring = "accuracy"', 'scoring = "{}"'),
        ('kind = "grid"', 'kind = "{}"'),
        ("C = {", '"{}" = {'),
        ("penalty = { choices = { l1", 'penalty = { choices = { "{}"'),
    )
    for number, text in enumerate(strings):
        written = "".join(f"\\U{ord(character):08X}" for character in text if keepable(character))
        before, after = places[number % len(places)]
        assert before in good
        path.write_text(good.replace(before, after.replace("{}", written), 1))
        if number < len(HOSTILE):
            assert told(capsys, "presets", "check", str(path)) in (0, 2)
        else:
            with contextlib.suppress(PresetError):
                assert load(path).title
    preset = good.replace('"sklearn:iris"', '"csv:data.csv"\ntarget = "target"')
    path.write_text(preset)
    for start in range(0, len(HOSTILE), 12):
        names = [_quoted(text) for text in HOSTILE[start : start + 12]]
        rows = "\n".join(",".join([*(str(row * 7 % 5) for _ in names), names[row % 2]]) for row in range(40))
        table.write_bytes(f"{','.join([*names, 'target'])}\n{rows}\n".encode("utf-8", "surrogatepass"))
        assert told(capsys, "presets", "check", str(path)) in (0, 2)


def test_hostile_folders_and_files_are_named_harmlessly(
    strings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "\x1b[2J \u202eruns")
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(store.root))
    folder = stored(store, HOSTILE)
    moved = folder.path.rename(store.root / "\x9b31m\u202e[red]\n")
    assert told(capsys, "show", str(moved)) == 0
    assert told(capsys, "list") == 0
    assert told(capsys, "export", str(moved), "--format", "csv") == 0
    assert told(capsys, "stop", str(moved)) == 2
    with RunFolder(moved).lock():
        assert told(capsys, "pause", str(moved)) == 0
        assert told(capsys, "resume", str(moved), "--headless") == 2
    moved.rename(tmp_path / "elsewhere")
    assert told(capsys, "list") == 0
    text = preset_file(tmp_path, title="plain").read_text()
    text = text.replace("[space]", 'params = { solver = "saga" }\n[space]')
    (tmp_path / "c1.toml").write_text(text.replace("plain", "\x9b31m \u202e"))
    assert told(capsys, "presets", "show", str(tmp_path / "c1.toml")) == 0
    assert told(capsys, "presets", "check", str(tmp_path / "c1.toml")) == 0


def test_bars_take_hostile_names_as_they_are(strings: list[str]) -> None:
    for start in range(0, len(HOSTILE), 5):
        texts = (strings[start:] + strings)[:40]
        state = RunState()
        state.apply_all(hostile_run(texts).records)
        out = Screen()
        with Bars(out) as bars:
            bars.show(state)
            bars.say(texts[0])
        assert not raw(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", out.getvalue())), texts[:5]


class Screen(io.StringIO):
    """A terminal, as far as rich looks."""

    def isatty(self) -> bool:
        return True


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
