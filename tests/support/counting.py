"""An estimator that keeps a ledger of its fits, so that a test can tell what was really fitted, and when."""

from __future__ import annotations

import os
import time

from sklearn.tree import DecisionTreeClassifier


class Counted(DecisionTreeClassifier):
    """A tree that appends a line to the file `ledger` as each fit begins: time, rows, hyperparameters."""

    def __init__(
        self,
        *,
        ledger="",
        seconds=0.0,
        criterion="gini",
        max_depth=None,
        min_impurity_decrease=0.0,
        random_state=None,
    ) -> None:
        super().__init__(
            criterion=criterion,
            max_depth=max_depth,
            min_impurity_decrease=min_impurity_decrease,
            random_state=random_state,
        )
        self.ledger = ledger
        self.seconds = seconds

    def fit(self, X, y, **options):
        line = f"{time.time():.6f} {len(X)} {self.criterion} {self.max_depth} {self.min_impurity_decrease!r}\n"
        descriptor = os.open(self.ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, line.encode())
        os.close(descriptor)
        time.sleep(self.seconds)
        return super().fit(X, y, **options)
