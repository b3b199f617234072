import pytest
import tunetop.tui.sessions.run
from app_runs import LiveRun, made, stored
from made_run import MadeRun
from tunetop.engine.errors import StoreError
from tunetop.engine.events import RunPaused, TrialFinished
from tunetop.engine.record.journal import Journal
from tunetop.engine.record.store import Store
from tunetop.tui.sessions.run import Feed, RemoteControl, RunSession


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


def test_a_finished_run_is_read_whole(store):
    run = made()
    feed = Feed(stored(store, run))
    assert feed.poll()
    assert not feed.behind
    assert feed.state.phase == "done"
    assert [trial.key for trial in feed.state.trials] == [trial.key for trial in run.state().trials]
    assert feed.damage == ""


def test_a_poll_without_news_changes_nothing(store):
    feed = Feed(stored(store, made()))
    feed.poll()
    revision = feed.state.revision
    assert not feed.poll()
    assert feed.state.revision == revision


def test_new_records_of_a_living_run_arrive_with_the_next_poll(store):
    live = LiveRun.begun(store, made(state=None))
    feed = Feed(live.folder)
    feed.poll()
    assert feed.state.phase == "running"
    live.write(RunPaused(reason="a look"))
    assert feed.poll()
    assert (feed.state.phase, feed.state.reason) == ("paused", "a look")
    live.lock.close()


def test_a_long_journal_is_taken_in_slices(store, monkeypatch):
    monkeypatch.setattr(tunetop.tui.sessions.run, "SLICE", 50)
    run = MadeRun(methods=("baseline", "random"))
    for number in range(120):
        params = {"alpha": 0.1, "solver": "adam"}
        run.add(TrialFinished(method="random", number=number, params=params, state="done", scores=[0.5]))
    feed = Feed(stored(store, run))
    assert feed.poll(patience=0.0)
    assert feed.behind
    assert 0 < len(feed.state.trials) < 120
    while feed.behind:
        feed.poll(patience=0.0)
    assert len(feed.state.trials) == 120


def test_that_an_end_was_the_last_to_be_read_is_news_too(store):
    feed = Feed(stored(store, made()))
    # the time is over as the last records are read: whether more follow is not known
    assert feed.poll(patience=0.0)
    assert (feed.state.phase, feed.behind) == ("done", True)
    assert feed.poll(patience=0.0)
    assert not feed.behind
    assert not feed.poll(patience=0.0)


def test_a_run_whose_process_is_gone_is_interrupted(store):
    live = LiveRun.begun(store, made(state=None))
    clock = Clock()
    feed = Feed(live.folder, clock)
    feed.poll()
    assert feed.state.phase == "running"
    live.journal.close()
    live.lock.close()
    clock.now = 1.0
    assert not feed.poll(), "the lock is looked at once in two seconds"
    clock.now = 2.5
    assert feed.poll()
    assert feed.state.phase == "interrupted"


def test_a_run_that_ends_while_it_is_read_is_not_called_interrupted(store):
    live = LiveRun.begun(store, made(state=None))
    live.end("done")
    feed = Feed(live.folder, Clock())
    feed.poll(patience=-1.0)
    while feed.behind:
        feed.poll(patience=-1.0)
    assert feed.state.phase == "done"


def test_a_journal_that_is_replaced_is_folded_afresh(store):
    folder = stored(store, made())
    feed = Feed(folder)
    feed.poll()
    folder.journal.unlink()
    journal = Journal.create(folder.journal)
    short = made(state=None, title="Another run")
    for record in short.records[:4]:
        journal.append(record.event)
    assert feed.poll()
    assert feed.state.info is not None
    assert feed.state.info.title == "Another run"
    assert len(feed.state.trials) == 1


def test_damage_is_told_and_what_was_good_is_shown(store):
    folder = stored(store, made())
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    lines[3] = b"x" * 20 + b"\n"
    folder.journal.write_bytes(b"".join(lines))
    feed = Feed(folder)
    feed.poll()
    assert feed.damage
    assert feed.state.info is not None


def test_remote_controls_write_commands_that_the_run_understands(store):
    from tunetop.engine.record.inbox import Inbox

    folder = stored(store, made(state=None))
    reader = Inbox(folder.path)
    controls = RemoteControl(folder)
    with folder.lock():
        controls.pause()
        controls.unpause()
        controls.skip("random")
        controls.stop()
        controls.stop_now()
    assert list(map(str, reader.poll())) == ["pause", "unpause", "skip:random", "stop", "stop-now"]
    with pytest.raises(StoreError, match="made-1 is not running"):
        controls.stop()
    assert reader.poll() == []


def test_a_session_is_going_until_its_run_has_written_its_files(store):
    live = LiveRun.begun(store, made(state=None))
    session = RunSession(Feed(live.folder), live, run=live)
    assert session.own
    assert session.going
    live.end("done")
    assert not session.going
    assert not RunSession(Feed(live.folder)).going


def test_a_session_says_why_a_key_cannot_do_what_it_should(store):
    folder = stored(store, made())
    watched, steered = RunSession(Feed(folder)), RunSession(Feed(folder), RemoteControl(folder))
    assert "--control" in watched.refusal("steer")
    assert steered.refusal("steer") == ""
    assert watched.refusal("extend") == watched.refusal("repeat") == watched.refusal("export") == ""
    seed = RunSession(Feed(folder), of_tournament=True)
    assert "same budget" in seed.refusal("extend")
    assert "--resume" in seed.refusal("repeat")


def test_a_snapshot_is_no_longer_changed_by_what_comes(store):
    live = LiveRun.begun(store, made(state=None))
    session = RunSession(Feed(live.folder))
    session.poll()
    before = session.snapshot()
    assert before is not session.state
    revision = before.revision
    live.write(RunPaused(reason="a look"))
    assert session.poll()
    assert (before.phase, before.revision) == ("running", revision)
    live.end("done")
    session.poll()
    assert session.snapshot() is session.state
