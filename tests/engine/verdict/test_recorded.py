"""Files made from recorded journals are, byte for byte, those that were made when the runs ended.

A run of every kind of method (fold race, halving, failures, a stop rule) and a tournament of three seeds. Of numbers
the last digits may differ, for another build of numpy or scipy may add in another order.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import msgspec
import pytest
from tunetop.engine.export.formats import export
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.tournament import compare
from tunetop.engine.tournament.folder import FILES

RECORDED = Path(__file__).parent / "recorded"
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")


def assert_same(made: str, recorded: str) -> None:
    assert NUMBER.sub("#", made) == NUMBER.sub("#", recorded)
    for ours, theirs in zip(NUMBER.findall(made), NUMBER.findall(recorded), strict=True):
        assert ours == theirs or math.isclose(float(ours), float(theirs), rel_tol=1e-9, abs_tol=1e-12)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state, damage = load_state(RunFolder(RECORDED / "mixed-1"))
    assert not damage
    folder = tmp_path_factory.mktemp("exported")
    export(state, folder)
    return folder


FILES_OF_A_RUN = sorted(path.name for path in (RECORDED / "mixed-1").iterdir() if path.name != "journal.jsonl")


@pytest.mark.parametrize("name", FILES_OF_A_RUN)
def test_a_runs_files_are_as_they_were(exported: Path, name: str) -> None:
    assert_same((exported / name).read_text(), (RECORDED / "mixed-1" / name).read_text())


def test_no_file_more_and_none_less(exported: Path) -> None:
    assert sorted(path.name for path in exported.iterdir()) == FILES_OF_A_RUN


@pytest.mark.parametrize("name", FILES)
def test_a_tournaments_files_are_as_they_were(tmp_path: Path, name: str) -> None:
    states = {seed: load_state(RunFolder(RECORDED / f"race-{place}"))[0] for place, seed in enumerate(SEEDS, 1)}
    summary = compare.tournament_summary(states)
    compare.write(msgspec.structs.replace(summary, race="race-race-1", state="done", planned_seeds=3), tmp_path)
    assert_same((tmp_path / name).read_text(), (RECORDED / name).read_text())


SEEDS = json.loads((RECORDED / "race.json").read_text())["seeds"]
