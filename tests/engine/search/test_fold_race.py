"""A race finds the winner that all folds would have found, for about half the fits, whatever comes in first."""

from __future__ import annotations

import numpy as np
import pytest
from tabulated_race import TABLES, raced, winner
from tunetop.engine.search.fold_race import OPENERS, FoldRace, Go, Out


@pytest.mark.parametrize("name", ["grid", "random"])
def test_the_race_finds_a_winner_as_good_for_half_the_fits(name: str) -> None:
    table = np.array(TABLES[name])
    shares = []
    for seed in range(10):
        shuffled = table[np.random.default_rng(seed).permutation(len(table))]
        had, _ = raced(shuffled)
        shares.append(sum(map(len, had.values())) / table.size)
        assert table.mean(axis=1).max() - shuffled[winner(shuffled, had)].mean() <= 0.002
    assert np.mean(shares) <= 0.50


def test_what_comes_in_first_does_not_matter() -> None:
    table = np.array(TABLES["random"])
    had, out = raced(table)
    for shuffle in range(5):
        again, out_again = raced(table, shuffle)
        assert {number: sorted(folds) for number, folds in again.items()} == {n: sorted(f) for n, f in had.items()}
        assert out_again == out


def test_every_candidate_is_either_through_or_out() -> None:
    table = np.array(TABLES["random"])
    had, out = raced(table)
    through = {number for number, folds in had.items() if len(folds) == 5}
    assert through | set(out) == set(range(100))
    assert not through & set(out)
    assert all(1 <= len(had[number]) < 5 for number in out)
    assert all(len(set(folds)) == len(folds) for folds in had.values())


def test_candidates_that_come_one_at_a_time_race_the_best_so_far() -> None:
    table = np.array(TABLES["random"])[:40]
    race, fits = FoldRace(5), 0
    for number, scores in enumerate(table):
        race.enter(number)
        race.seal()
        while moves := race.moves():
            for move in moves:
                assert move.number == number
                if isinstance(move, Go):
                    for fold in move.folds:
                        race.score(number, fold, scores[fold])
                        fits += 1
        assert number >= OPENERS or len(race.folds_of(number)) == 5
    assert 0.3 * table.size < fits < 0.8 * table.size


def test_failed_candidates_hold_nobody_up_and_never_win() -> None:
    race = FoldRace(3, batch=6)
    scores = {n: [0.5 + n / 10, 0.6 + n / 10, 0.55 + n / 10] for n in range(6)}
    gone: set[int] = set()
    ended: dict[int, str] = {}
    for number in range(6):
        race.enter(number)
    while moves := race.moves():
        for move in moves:
            if isinstance(move, Out):
                ended[move.number] = "out"
                continue
            for fold in move.folds:
                if move.number >= 4 and fold == 1:  # the best two fail in their second fold
                    race.leave(move.number)
                    gone.add(move.number)
                    break
                race.score(move.number, fold, scores[move.number][fold])
            if len(race.folds_of(move.number)) == 3:
                ended[move.number] = "through"
    assert gone == {4, 5}
    assert set(ended) == {0, 1, 2, 3}
    assert ended[3] == "through"


def test_with_no_candidate_left_a_race_ends() -> None:
    race = FoldRace(3)
    race.seal()
    assert race.moves() == []
    race.enter(0)
    race.seal()
    assert race.moves() == [Go(0, (0,))]
    race.leave(0)
    assert race.moves() == []
