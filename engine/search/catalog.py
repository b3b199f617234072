"""The search methods by kind: the registry that the preset's parser, the picker and the conductor read.

A new method is one file with its search, its options and its `KIND`, and one row here.
"""

from __future__ import annotations

from typing import Any

from . import bayes, grid, halving, optuna, random, refine
from .base import Kind

KINDS: dict[str, Kind[Any]] = {
    row.kind: row for row in (grid.KIND, random.KIND, refine.KIND, bayes.KIND, halving.KIND, optuna.KIND)
}
