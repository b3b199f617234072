"""An estimator that keeps a ledger of its fits, so that a test can tell what was really fitted, and when."""

from __future__ import annotations

import os
import time

from failing_estimators import Turned


class Counted(Turned):
    """A tree that appends a line to the file `ledger` as each fit begins: time, rows, hyperparameters.

    Then it waits at the `turnstile`, if it has one.
    """

    def __init__(
        self,
        *,
        ledger="",
        turnstile="",
        seconds=0.0,
        criterion="gini",
        max_depth=None,
        min_impurity_decrease=0.0,
        random_state=None,
    ) -> None:
        super().__init__(
            turnstile=turnstile,
            seconds=seconds,
            criterion=criterion,
            max_depth=max_depth,
            min_impurity_decrease=min_impurity_decrease,
            random_state=random_state,
        )
        self.ledger = ledger

    def fit(self, X, y, **options):
        line = f"{time.time():.6f} {len(X)} {self.criterion} {self.max_depth} {self.min_impurity_decrease!r}\n"
        descriptor = os.open(self.ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, line.encode())
        os.close(descriptor)
        return super().fit(X, y, **options)
