"""A module that takes its time to be imported, for what happens while a run is only beginning."""

from __future__ import annotations

import threading

from sklearn.tree import DecisionTreeClassifier

threading.Event().wait(1.0)


class Tree(DecisionTreeClassifier):
    """A tree like any other."""
