"""The hosts of a cluster, on the screen: who is there, how busy, and what would put idle ones to work."""

from __future__ import annotations

from made_run import MadeRun
from tunetop.engine.events import FoldFinished, FoldStarted, MethodStarted, TrialStarted, WorkersChanged
from tunetop.engine.state import RunState
from tunetop.tui.app.themes import look_for
from tunetop.tui.screens.hosts import host_rows
from tunetop.tui.screens.trial import trial_rows
from tunetop.tui.widgets.header import Header, idle_hint

LOOK = look_for("dark")


def far_run() -> MadeRun:
    run = MadeRun(cluster="tcp://ada:8786", workers=0)
    run.add(
        WorkersChanged(
            workers=6,
            hosts={"ada": 4, "bob": 2},
            kernels={"ada": "openblas Haswell", "bob": "openblas SkylakeX"},
            notes=["not used: eve has scikit-learn 1.2.3, and this run 1.9.1: install the same there"],
        )
    )
    run.add(MethodStarted(method="random"))
    for number, host in enumerate(("ada", "ada", "bob", "bob", "bob")):
        run.add(TrialStarted(method="random", number=number, params={"alpha": 0.1, "solver": "adam"}))
        run.add(FoldStarted(method="random", number=number, folds=[0], host=host))
    return run


def text_of(state: RunState, now: float = 0.0, width: int = 78) -> list[str]:
    rows = [row.text.plain for row in host_rows(state, LOOK, width, now)]
    assert all(len(row) <= width for row in rows)
    return rows


def test_each_host_shows_how_many_of_its_workers_are_at_a_fold() -> None:
    state = far_run().state()
    # bob's third lies ready
    assert state.cluster.busy() == {"ada": 2, "bob": 2}
    ada, bob, *notes = text_of(state)
    assert "2/4" in ada
    assert "random #0 fold 1, random #1 fold 1" in ada
    assert "2/2" in bob
    said = " ".join(" ".join(notes).split())
    assert "eve has scikit-learn 1.2.3" in said
    assert "(openblas Haswell on ada; openblas SkylakeX on bob): so may the last digits of scores" in said


def test_what_is_wrong_just_now_comes_first_and_hosts_that_went_are_told_for_a_while() -> None:
    run = far_run()
    run.add(WorkersChanged(workers=4, hosts={"ada": 4}))
    state = run.state()
    went = state.cluster.gone["bob"]
    rows = [row.text.plain for row in host_rows(state, LOOK, 78, went + 12, "the scheduler does not answer, since 3 s")]
    assert rows[0] == " ! the scheduler does not answer, since 3 s"
    assert rows[1] == " ! gone: bob 12 s ago; its folds are done elsewhere"
    assert text_of(state, went + 599)[0].startswith(" ! gone: bob 599 s ago")
    assert not any("gone" in row for row in text_of(state, went + 601))
    run.add(WorkersChanged(workers=6, hosts={"ada": 4, "bob": 2}))
    assert not any("gone" in row for row in text_of(run.state(), went + 12))
    run.add(WorkersChanged(workers=1, hosts={f"eve-{number}": 1 for number in range(300)}))
    run.add(WorkersChanged(workers=1, hosts={"ada": 1}))
    state = run.state()
    gone = " ".join(" ".join(row[2:] for row in text_of(state, went + 12)).split())
    assert "eve-299 " in gone
    assert "and 97 more; their folds are done elsewhere" in gone


def test_three_hundred_hosts_are_seen_at_once_in_the_order_of_their_numbers() -> None:
    run = MadeRun(cluster="tcp://ada:8786", workers=0)
    run.add(WorkersChanged(workers=900, hosts={f"node-{number}": 3 for number in range(300)}))
    run.add(MethodStarted(method="random"))
    for number in range(6):
        run.add(TrialStarted(method="random", number=number, params={"alpha": 0.1, "solver": "adam"}))
        host = f"node-{(2, 2, 2, 10, 299, 299)[number]}"
        run.add(FoldStarted(method="random", number=number, folds=[0], host=host))
    rows = text_of(run.state())
    cells = "".join(row[1:] for row in rows[: rows.index("")]).replace(" ", "")
    assert len(cells) == 300
    assert {at: cell for at, cell in enumerate(cells) if cell != "·"} == {2: "█", 10: "▒", 299: "▓"}
    names = [row.split()[0] for row in rows[rows.index("") + 1 :] if row.startswith(" node")]
    assert names == [f"node-{number}" for number in range(300)]


def test_a_run_without_a_cluster_says_so() -> None:
    assert "this run's own machine" in text_of(MadeRun().state())[0]


def test_the_trial_tells_on_which_host_each_fold_was_done() -> None:
    run = far_run()
    run.add(FoldFinished(method="random", number=0, fold=0, score=0.9, fit_seconds=1, score_seconds=0.1, host="ada"))
    run.add(FoldFinished(method="random", number=2, fold=0, score=0.9, fit_seconds=1, score_seconds=0.1, host="bob"))
    state = run.state()
    for number, host in ((0, "ada"), (2, "bob")):
        rows = [row.text.plain for row in trial_rows(state, state.methods["random"].trials[number], LOOK, 78)]
        assert any(host in row and "0.9" in row for row in rows)
    assert state.cluster.busy() == {"ada": 1, "bob": 2}


def test_workers_that_stand_idle_for_a_minute_are_told_with_the_key_that_helps() -> None:
    run = MadeRun(cluster="tcp://ada:8786", workers=0)
    run.add(WorkersChanged(workers=6, hosts={"ada": 6}), MethodStarted(method="grid"))
    run.add(TrialStarted(method="grid", number=0, params={"alpha": 0.1, "solver": "adam"}))
    state = run.state()
    since = state.cluster.idle_since
    assert since is not None
    assert idle_hint(state, since + 59) == ""
    hint = idle_hint(state, since + 61)
    assert hint.startswith("5 of 6 workers have had nothing to do for a minute: --together")
    banner = Header().banner(state, since + 61)
    assert banner is not None
    assert banner[0].startswith(hint)
    for number in range(1, 5):
        run.add(TrialStarted(method="grid", number=number, params={"alpha": 0.1, "solver": "adam"}))
    assert idle_hint(run.state(), since + 600) == ""
