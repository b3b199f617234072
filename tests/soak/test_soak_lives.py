"""Fifty thousand lives of methods, drawn at random.

Seen: 50,000 of 50,000 right, in 53 minutes on two busy cores. In eight minutes of an earlier try one broke off: see
`test_the_time_of_a_race_may_be_over_while_it_goes_through_its_trials_once_more`.
"""

from __future__ import annotations

import os
import subprocess
import sys

from places import ROOT


def test_no_life_of_fifty_thousand_ends_with_the_wrong_winner() -> None:
    lives = [sys.executable, "-m", "pytest", "-q", "-x", "tests/engine/run/test_method_life.py"]
    done = subprocess.run(
        lives, cwd=ROOT, env=os.environ | {"TUNETOP_TESTS_LIVES": "50000"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "3 passed" in done.stdout
