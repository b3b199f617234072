"""A module that cannot be imported in a worker."""

from __future__ import annotations

import multiprocessing

from sklearn.tree import DecisionTreeClassifier

if multiprocessing.parent_process() is not None:
    raise RuntimeError("not in here \x1b[2J")


class Tree(DecisionTreeClassifier):
    """A tree that only its owner ever sees."""
