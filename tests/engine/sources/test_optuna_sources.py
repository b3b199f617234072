"""Optuna's files read from outside: what is told is what Optuna itself says, and nothing is ever written."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from tunetop.engine.errors import UsageError
from tunetop.engine.sources.base import Source
from tunetop.engine.sources.find import source_of
from tunetop.engine.sources.optuna_journal import JournalStudy
from tunetop.engine.sources.optuna_sqlite import SqliteStudy
from tunetop.engine.sources.silence import LEAST, mark_silent
from tunetop.engine.state import RunState

optuna.logging.set_verbosity(optuna.logging.CRITICAL)
PHASES = {"RUNNING": "running", "COMPLETE": "done", "PRUNED": "raced", "FAIL": "failed", "WAITING": "waiting"}


def storage_of(kind: str, folder: Path) -> tuple[Any, Path]:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'study.db'}", folder / "study.db"
    return JournalStorage(JournalFileBackend(str(folder / "study.log"))), folder / "study.log"


def objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("x", -5, 5)
    trial.suggest_float("rate", 1e-5, 1e-1, log=True)
    trial.suggest_categorical("kind", ["a", None, True, 2.5])
    if trial.number > 4:
        trial.suggest_int("late", 1, 9)
    for step in range(3):
        trial.report(math.nan if step == 1 else x + step, step)
    if trial.number % 5 == 3:
        raise optuna.TrialPruned
    if trial.number % 7 == 6:
        raise ValueError
    trial.set_user_attr("epochs", trial.number)
    return math.inf if trial.number == 8 else x * x


def fold(source: Source, state: RunState | None = None) -> RunState:
    state = state or RunState()
    while records := source.poll(5.0):
        state.apply_all(records)
    assert not source.trouble
    return state


def agrees(state: RunState, study: optuna.Study) -> None:
    assert {trial.number for trial in state.trials} == {trial.number for trial in study.trials}
    assert state.waiting_trials == sum(trial.state.name == "WAITING" for trial in study.trials)
    sign = -1.0 if study.directions[0].name == "MINIMIZE" else 1.0
    for frozen in study.trials:
        trial = state.trial(("study", frozen.number))
        assert trial is not None
        waits = frozen.state.name == "WAITING"
        assert trial.params == (frozen.system_attrs["fixed_params"] if waits else frozen.params)
        steps = {step: sign * value for step, value in frozen.intermediate_values.items() if math.isfinite(value)}
        assert dict(trial.steps or ()) == steps
        finite = frozen.values is None or all(map(math.isfinite, frozen.values))
        assert trial.phase == (PHASES[frozen.state.name] if finite else "failed")
        if frozen.state.name == "COMPLETE" and finite:
            assert trial.scores == [sign * frozen.values[0]]
            assert trial.attributes == (frozen.user_attrs or None)
    assert state.best is not None
    finite = [t for t in study.trials if t.state.name == "COMPLETE" and math.isfinite(t.values[0])]
    assert state.best.number == min(finite, key=lambda t: (-sign * t.values[0], t.number)).number


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_a_study_is_told_as_optuna_has_it_while_it_grows(kind: str, direction: str, tmp_path: Path) -> None:
    storage, path = storage_of(kind, tmp_path)
    study = optuna.create_study(storage=storage, study_name="demo", direction=direction)
    source = source_of(str(path))
    state = fold(source)
    for _ in range(3):
        study.optimize(objective, n_trials=5, catch=(ValueError,))
        open_one = study.ask()
        open_one.suggest_float("x", -5, 5)
        open_one.report(0.5, 0)
        study.enqueue_trial({"x": 1.0, "kind": None})
        state = fold(source, state)
        agrees(state, study)
        open_one.suggest_float("rate", 1e-5, 1e-1, log=True)
        open_one.report(0.25, 1)
        state = fold(source, state)
        agrees(state, study)
        study.tell(open_one, 3.5)
    state = fold(source, state)
    agrees(state, study)
    assert source.poll(1.0) == []
    assert state.info is not None
    axes = {axis.name: (axis.scale, axis.low, axis.high) for axis in state.info.axes}
    assert axes["rate"] == ("log", 1e-5, 1e-1)
    assert axes["late"] == ("linear", 1.0, 9.0)
    # whoever comes later sees the same
    agrees(fold(source_of(str(path))), study)


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_several_objectives_constraints_and_names_are_told(kind: str, tmp_path: Path) -> None:
    storage, path = storage_of(kind, tmp_path)
    sampler = optuna.samplers.NSGAIISampler(constraints_func=lambda trial: [trial.params["x"] - 0.5])
    study = optuna.create_study(storage=storage, directions=["minimize", "maximize"], sampler=sampler)
    study.set_metric_names(["loss", "speed"])
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 2.0), n_trials=6)
    state = fold(source_of(str(path)))
    assert state.info is not None
    assert [(one.name, one.direction) for one in state.info.objectives] == [("loss", "minimize"), ("speed", "maximize")]
    for trial in state.trials:
        assert trial.others == {"speed": [2.0]}
        assert trial.attributes is not None
        assert trial.attributes["feasible"] == (study.trials[trial.number].params["x"] <= 0.5)


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_metrics_that_are_named_later_and_a_direction_of_ones_own(kind: str, tmp_path: Path) -> None:
    storage, path = storage_of(kind, tmp_path)
    study = optuna.create_study(storage=storage, directions=["minimize", "maximize"])
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 2.0), n_trials=3)
    source = source_of(str(path))
    fold(source)
    study.set_metric_names(["loss", "speed"])
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 2.0), n_trials=2)
    records, restarts = source.poll(5.0), source.restarts
    assert restarts == 1
    state = RunState()
    state.apply_all(records)
    fold(source, state)
    assert state.info is not None
    assert [one.name for one in state.info.objectives] == ["loss", "speed"]
    assert [trial.others for trial in state.trials] == [{"speed": [2.0]}] * 5
    other = fold(source_of(str(path), mode="max"))
    assert other.info is not None
    assert other.info.notes[-1] == "The study itself says minimize; --direction maximize is shown."
    assert other.best is not None
    assert other.own(other.best.mean) == max(trial.values[0] for trial in study.trials)


def test_a_trial_that_is_not_heard_of_is_marked_until_it_is(tmp_path: Path) -> None:
    beats = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'study.db'}", heartbeat_interval=60)
    study = optuna.create_study(storage=beats)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    dead, alive = study.ask(), study.ask()
    source = source_of(str(tmp_path / "study.db"))
    state = fold(source)
    now = time.time()
    mark_silent(state, now + LEAST + 30)
    assert {trial.number for trial in state.trials if trial.silent} == {3, 4}
    beats.record_heartbeat(alive._trial_id)
    connection = sqlite3.connect(tmp_path / "study.db")
    later = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now + LEAST + 29))
    connection.execute("UPDATE trial_heartbeats SET heartbeat = ?", (later,))
    connection.commit()
    connection.close()
    state = fold(source, state)
    mark_silent(state, now + LEAST + 30)
    assert [trial.number for trial in state.trials if trial.silent] == [dead.number]
    study.tell(dead, 1.0)
    assert not any(trial.silent for trial in fold(source, state).trials if trial.number == dead.number)


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_among_several_studies_one_is_to_be_named(kind: str, tmp_path: Path) -> None:
    storage, path = storage_of(kind, tmp_path)
    for name in ("one", "two"):
        optuna.create_study(storage=storage, study_name=name).optimize(lambda t: t.suggest_float("x", 0, 1), n_trials=2)
    with pytest.raises(UsageError, match="holds 2 studies: name one with --study: one, two"):
        source_of(str(path))
    with pytest.raises(UsageError, match="there are one, two"):
        source_of(str(path), study="three")
    assert len(fold(source_of(str(path), study="two")).trials) == 2


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {name: ((folder / name).read_bytes(), (folder / name).stat().st_mtime_ns) for name in os.listdir(folder)}


@pytest.mark.parametrize("mode", ["delete", "wal", "journal"])
def test_nothing_is_written_and_no_file_is_made(mode: str, tmp_path: Path) -> None:
    storage, path = storage_of("journal" if mode == "journal" else "sqlite", tmp_path)
    study = optuna.create_study(storage=storage, study_name="demo")
    study.optimize(objective, n_trials=4, catch=(ValueError,))
    if mode == "wal":
        study._storage.remove_session()
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = wal")
        connection.close()
    before = everything(tmp_path)
    source = source_of(str(path))
    assert len(fold(source).trials) == 4
    source.poll(1.0)
    if mode != "journal":
        source.close()  # type: ignore[attr-defined]
    assert everything(tmp_path) == before


@pytest.mark.parametrize("text", ["gone.db", "sqlite:///gone.db", "sqlite:////gone/gone.db", "sqlite:///", "ftp://x/y"])
def test_a_misspelt_path_makes_no_database(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "none"))
    with pytest.raises(UsageError):
        source_of(text)
    assert os.listdir(tmp_path) == []


def test_other_databases_and_schemas_are_refused_in_words(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(UsageError, match="holds no studies of Optuna"):
        source_of(str(other))
    storage, path = storage_of("sqlite", tmp_path)
    optuna.create_study(storage=storage)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = 'v9.0.0'")
    connection.commit()
    connection.close()
    with pytest.raises(UsageError, match=r"its schema is v9\.0\.0; this reader knows v3\.2\.0\.a"):
        source_of(str(path))


def made(kind: str, folder: Path, x: float, name: str = "demo") -> Path:
    """Make a study of three trials at `x`, in a file of its own, where there is none yet."""
    folder.mkdir(exist_ok=True)
    storage, path = storage_of(kind, folder)
    study = optuna.create_study(storage=storage, study_name=name)
    for _ in range(3):
        study.enqueue_trial({"x": x})
    study.optimize(lambda trial: trial.suggest_float("x", 0, 9), n_trials=3)
    return path


def delete(kind: str, path: Path) -> None:
    optuna.delete_study(study_name="demo", storage=storage_of(kind, path.parent)[0])


def deleted(kind: str, path: Path) -> None:
    delete(kind, path)


def of_another_name(kind: str, path: Path) -> None:
    delete(kind, path)
    made(kind, path.parent, 2.0, "other")


def made_again(kind: str, path: Path) -> None:
    delete(kind, path)
    made(kind, path.parent, 2.0)


def replaced(kind: str, path: Path) -> None:
    os.replace(made(kind, path.parent / "new", 2.0), path)


def written_over(kind: str, path: Path) -> None:
    other = made(kind, path.parent / "new", 2.0)
    # SQLite itself counts commits alone, and as many would be taken for the same file until the next one
    optuna.load_study(study_name="demo", storage=storage_of(kind, other.parent)[0]).set_user_attr("one", "more")
    path.write_bytes(other.read_bytes())


def away_and_back(kind: str, path: Path) -> None:
    path.rename(path.with_suffix(".away"))


AFTERWARDS: dict[Callable[[str, Path], None], tuple[str, float]] = {
    deleted: ("the study is not there any more", 1.0),
    of_another_name: ("the study is not there any more", 1.0),
    made_again: ("", 2.0),
    replaced: ("", 2.0),
    written_over: ("", 2.0),
    away_and_back: ("cannot be read: No such file or directory", 1.0),
}


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
@pytest.mark.parametrize("happens", list(AFTERWARDS))
def test_a_study_that_is_not_the_one_that_was_read_is_never_taken_for_it(
    happens: Callable[[str, Path], None], kind: str, tmp_path: Path
) -> None:
    """Deleted, made again by the same name (with the same keys, in SQLite), in another file that has its place."""
    path = made(kind, tmp_path / "watched", 1.0)
    source = source_of(str(path))
    state = fold(source)
    happens(kind, path)
    restarts = 0
    while (records := source.poll(5.0)) or source.behind or source.restarts != restarts:
        if source.restarts != restarts:
            restarts, state = source.restarts, RunState()
        state.apply_all(records)
    trouble, x = AFTERWARDS[happens]
    assert (source.trouble, [trial.params for trial in state.trials]) == (trouble, [{"x": x}] * 3)
    assert source.damage == ""
    if happens is away_and_back:
        path.with_suffix(".away").rename(path)
        source.poll(1.0)
        assert (source.trouble, source.restarts) == ("", 0)


def test_a_file_that_was_at_rest_is_read_on_once_it_is_written(tmp_path: Path) -> None:
    path = made("sqlite", tmp_path, 1.0)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    source = source_of(str(path))
    state = fold(source)
    study = optuna.load_study(study_name="demo", storage=storage_of("sqlite", tmp_path)[0])
    study.optimize(lambda trial: trial.suggest_float("x", 0, 9), n_trials=2)
    assert len(fold(source, state).trials) == 5


KILLED = """
import os, sqlite3
writer = sqlite3.connect("study.db", isolation_level=None)
writer.execute("PRAGMA cache_size = 5")
writer.execute("BEGIN IMMEDIATE")
for number in range(300):
    writer.execute("INSERT INTO trial_user_attributes VALUES (?, 1, 'k' || ?, ?)", (number + 9, number, "x" * 500))
os.kill(os.getpid(), 9)
"""


def test_a_writer_that_was_killed_in_its_write_is_told_of(tmp_path: Path) -> None:
    path = made("sqlite", tmp_path, 1.0)
    os.rename(path, tmp_path / "study.db")
    path = tmp_path / "study.db"
    source = source_of(str(path))
    state = fold(source)
    subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path)
    said = "its writer was killed in the middle of a write; it can be read once Optuna has opened it to write"
    before = everything(tmp_path)
    assert source.poll(1.0) == []
    assert source.trouble == f"cannot be read: {said}"
    with pytest.raises(UsageError, match=said):
        source_of(str(path))
    assert everything(tmp_path) == before
    assert len(before) == 2
    study = optuna.load_study(study_name="demo", storage=f"sqlite:///{path}")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 9), n_trials=1)
    assert len(fold(source, state).trials) == 4


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_large_attributes_are_read_in_short_and_not_kept(kind: str, tmp_path: Path) -> None:
    storage, path = storage_of(kind, tmp_path)
    study = optuna.create_study(storage=storage)
    for number in range(3):
        trial = study.ask()
        trial.set_user_attr("all", list(range(number, 50_000)))
        trial.suggest_categorical("text", ["x" * 200 + "1", "x" * 200 + "2"])
        # a value that is told for a step which was passed already counts as well
        trial.report(1.0, 5)
        study.tell(trial, 1.0) if number else trial.report(2.0, 3)
    source = source_of(str(path))
    state = fold(source)
    told = [trial.attributes["all"] for trial in state.trials[1:] if trial.attributes]
    assert [str(one)[:9] for one in told] == ["[1, 2, 3,", "[2, 3, 4,"]
    assert all(len(str(one)) <= 120 for one in told)
    labels = {axis.name: axis.labels for axis in state.info.axes}["text"]  # type: ignore[union-attr]
    assert len(set(labels)) == 2
    assert dict(state.trials[0].steps or ()) == {5: -1.0, 3: -2.0}


def test_a_writer_never_finds_the_file_locked(tmp_path: Path) -> None:
    storage, path = storage_of("sqlite", tmp_path)
    study = optuna.create_study(storage=storage, study_name="demo")
    source = SqliteStudy(path)
    state = RunState()

    def watched(trial: optuna.Trial) -> float:
        state.apply_all(source.poll(0.05))
        return trial.suggest_float("x", 0, 1)

    study.optimize(watched, n_trials=40)
    agrees(fold(source, state), study)


def test_a_study_that_is_just_being_written_is_opened_all_the_same(tmp_path: Path) -> None:
    storage, path = storage_of("sqlite", tmp_path)
    optuna.create_study(storage=storage, study_name="demo").optimize(lambda t: 1.0, n_trials=2)
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, lambda: writer.execute("COMMIT"))
    release.start()
    source = source_of(str(path))
    release.join()
    assert len(fold(source).trials) == 2
    writer.execute("BEGIN EXCLUSIVE")
    assert source.poll(0.01) == []
    assert source.trouble == "", "a writer is no trouble: the next poll reads on"
    writer.execute("ROLLBACK")
    writer.close()


# -- a journal that is torn ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    storage, path = storage_of("journal", tmp_path_factory.mktemp("journal"))
    study = optuna.create_study(storage=storage, study_name="demo")
    study.optimize(objective, n_trials=5, catch=(ValueError,))
    return path.read_bytes()


def facts(data: bytes, folder: Path) -> tuple[dict[int, Any], str]:
    path = folder / "torn.log"
    path.write_bytes(data)
    source = JournalStudy(path)
    state = fold(source)
    return {t.number: (t.phase, t.params, t.scores, t.steps) for t in state.trials}, source.damage


def test_a_journal_torn_at_every_byte_of_its_end_shows_all_that_is_whole(whole: bytes, tmp_path: Path) -> None:
    lines = whole.splitlines(keepends=True)
    ends = [len(b"".join(lines[: len(lines) - left])) for left in (3, 2, 1, 0)]
    expected = [facts(whole[:end], tmp_path)[0] for end in ends]
    for cut in range(ends[0], ends[-1] + 1):
        had = max(place for place, end in enumerate(ends) if end <= cut)
        found, damage = facts(whole[:cut], tmp_path)
        assert found == expected[had]
        assert not damage, "an unfinished last line is no damage"


def test_what_was_appended_behind_a_torn_record_is_read(whole: bytes, tmp_path: Path) -> None:
    lines = whole.splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if b'"user_attr"' in line)
    for cut in range(0, len(lines[place]) - 1, 3):
        glued = b"".join(lines[:place]) + lines[place][:cut] + b"".join(lines[place + 1 :])
        found, damage = facts(glued, tmp_path)
        assert len(found) == 5
        assert [one[0] for one in found.values()] == [one[0] for one in facts(whole, tmp_path)[0].values()]
        assert (damage == "") == (cut == 0)
        if cut:
            assert damage == "1 torn record; Optuna itself cannot load this file"


@pytest.mark.parametrize(
    "line",
    [
        b'{"op_code":99}',
        b'{"op_code":10,"trial_ids":[1]}',
        b'{"op_code":"x"}',
        b'{"op_code":6,"trial_id":0}',
        b'{"op_code":7,"trial_id":true,"step":1,"intermediate_value":1}',
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{" * 5000,
        b'{"op_code":4,"study_id":0,"datetime_start":"not a time","state":77}',
        json.dumps({"op_code": 8, "trial_id": 10**30, "user_attr": {"a": 1}}).encode(),
    ],
)
def test_unknown_and_broken_records_are_passed_over(line: bytes, whole: bytes, tmp_path: Path) -> None:
    found, damage = facts(whole + line + b"\n", tmp_path)
    before = facts(whole, tmp_path)[0]
    assert {number: found[number] for number in before} == before
    # what speaks of a trial that is through, or of none, says nothing, and is whole
    assert damage or line.startswith((b'{"op_code":4', b'{"op_code":7', b'{"op_code": 8'))


HOSTILE = ["\x1b[2J\x1b]0;x\x07", "\u202e", "[/red]", "a" * 5000, "\ud800", "\x00"]


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_hostile_text_is_harmless_when_it_is_told(kind: str, tmp_path: Path) -> None:
    from tunetop.engine.text import is_harmless

    storage, path = storage_of(kind, tmp_path)
    texts = HOSTILE[:4]
    study = optuna.create_study(storage=storage, study_name="\x1b[31mstudy")
    for text in texts:
        trial = study.ask()
        trial.suggest_categorical(f"p{text[:300]}", [text, "b"])
        trial.set_user_attr(text[:300], text)
        study.tell(trial, 1.0)
    seen: list[Any] = []
    source = source_of(str(path))
    state = fold(source)
    assert state.info is not None
    seen += [source.id, state.info.title, state.info.run, *(axis.name for axis in state.info.axes)]
    for trial in state.trials:
        seen += [*trial.params, *trial.params.values(), *(trial.attributes or {}), *(trial.attributes or {}).values()]
    assert all(is_harmless(str(text)) for text in seen)


FILLERS: dict[str, Callable[[Path], None]] = {
    "empty": lambda path: path.write_bytes(b""),  # type: ignore[dict-item,return-value]
    "text": lambda path: path.write_text("hello"),  # type: ignore[dict-item,return-value]
    "half a database": lambda path: path.write_bytes(b"SQLite format 3\x00" + b"\x01" * 4000),  # type: ignore[dict-item,return-value]
}


@pytest.mark.parametrize("name", FILLERS)
def test_what_is_no_storage_is_refused_in_words(name: str, tmp_path: Path) -> None:
    FILLERS[name](tmp_path / "x.db")
    with pytest.raises(UsageError):
        source_of(str(tmp_path / "x.db"))


@pytest.mark.parametrize("ending", ["db", "log"])
def test_choices_that_json_has_no_word_for_are_themselves(ending: str, tmp_path: Path) -> None:
    choices = [True, 0, 1.5, float("inf"), None, "1"]
    place = (
        f"sqlite:///{tmp_path}/one.db"
        if ending == "db"
        else JournalStorage(JournalFileBackend(str(tmp_path / "one.log")))
    )
    study = optuna.create_study(storage=place, study_name="one")
    for choice in choices:
        study.enqueue_trial({"c": choice})
    study.optimize(lambda trial: float(trial.suggest_categorical("c", choices) is not None), n_trials=len(choices))
    state, source = RunState(), source_of(str(tmp_path / f"one.{ending}"))
    while records := source.poll(5.0):
        state.apply_all(records)
    shown = [True, 0, 1.5, "inf", None, "1"]
    assert [repr(trial.params["c"]) for trial in state.trials] == list(map(repr, shown))
    assert [repr(label) for label in state.info.axes[0].labels] == list(map(repr, shown))  # type: ignore[union-attr]
