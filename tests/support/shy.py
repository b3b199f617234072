"""A module that cannot be imported in a worker."""

from __future__ import annotations

import os

from sklearn.tree import DecisionTreeClassifier

OWNER = "TUNETOP_TESTS_OWNER"
"""The environment variable that holds the number of the process in which it can be."""

if os.environ.get(OWNER) != str(os.getpid()):
    raise RuntimeError("not in here \x1b[2J")


class Tree(DecisionTreeClassifier):
    """A tree that only its owner ever sees."""
