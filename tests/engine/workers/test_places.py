"""A far worker as the run sees it, beside other people's tasks."""

from __future__ import annotations

import time

import pytest
from tunetop.engine.workers import places
from tunetop.engine.workers.bridge import Place
from tunetop.engine.workers.places import STILL, FarPlace, Given
from tunetop.engine.workers.task import FoldTask


def test_a_thread_that_others_have_is_given_nothing_more_until_it_is_time_to_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = FarPlace(Place("tcp://ada:1", "ada", 2))
    place.size = 2
    for number in range(4):
        assert place.takes
        place.tasks[number] = Given(FoldTask({}), lambda answer: None, None)
        place.begin_next()
    assert not place.takes
    for given in place.tasks.values():
        given.begun = time.monotonic() - 2 * STILL
    place.note_doing([0])
    assert place.behind == [1, 2, 3]  # which others could do: one is held up, two lie ready
    for number in (1, 2):
        place.note_taken(number)
        del place.tasks[number]
    # one thread is its own, and has one task to do and one that lies ready
    assert place.full == 1
    assert not place.takes
    assert not place.try_again()
    monkeypatch.setattr(places, "_FULL", 0.0)
    assert place.try_again()
    assert place.takes
    assert not place.try_again()
