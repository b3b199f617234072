"""Estimators that misbehave, for tests of what a run survives."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


class Slow(DecisionTreeClassifier):
    """A tree whose fit takes a while."""

    def __init__(
        self, *, seconds=0.0, criterion="gini", max_depth=None, min_impurity_decrease=0.0, random_state=None
    ) -> None:
        super().__init__(
            criterion=criterion,
            max_depth=max_depth,
            min_impurity_decrease=min_impurity_decrease,
            random_state=random_state,
        )
        self.seconds = seconds

    def fit(self, X, y, **options):
        time.sleep(self.seconds)
        return super().fit(X, y, **options)


class Gated(Slow):
    """A tree whose fit, beside `seconds`, takes until the file named in the environment is there."""

    def fit(self, X, y, **options):
        while not os.path.exists(os.environ["TUNETOP_TESTS_GATE"]):
            time.sleep(0.02)
        return super().fit(X, y, **options)


class Locked(Slow):
    """A tree whose fit waits until there is the file `gate`: by the criterion `only`, or if that is "", by any.

    A worker in whose environment TUNETOP_TESTS_OPEN is waits for nothing.
    """

    def __init__(
        self, *, gate="", only="", criterion="gini", max_depth=None, min_impurity_decrease=0.0, random_state=None
    ) -> None:
        super().__init__(
            criterion=criterion,
            max_depth=max_depth,
            min_impurity_decrease=min_impurity_decrease,
            random_state=random_state,
        )
        self.gate = gate
        self.only = only

    def fit(self, X, y, **options):
        shut = self.only in ("", self.criterion) and "TUNETOP_TESTS_OPEN" not in os.environ
        while shut and not os.path.exists(self.gate):
            time.sleep(0.02)
        return super().fit(X, y, **options)


class Turned(Slow):
    """A tree whose fit waits until the file `turnstile` has as many bytes as there have been fits, itself counted.

    Without such a file, it waits for nothing.
    """

    def __init__(
        self,
        *,
        turnstile="",
        seconds=0.0,
        criterion="gini",
        max_depth=None,
        min_impurity_decrease=0.0,
        random_state=None,
    ) -> None:
        super().__init__(
            seconds=seconds,
            criterion=criterion,
            max_depth=max_depth,
            min_impurity_decrease=min_impurity_decrease,
            random_state=random_state,
        )
        self.turnstile = turnstile

    def fit(self, X, y, **options):
        if self.turnstile:
            with open(f"{self.turnstile}.arrived", "ab", buffering=0) as arrived:
                arrived.write(b".")
                place = arrived.tell()
            while os.stat(self.turnstile).st_size < place:
                time.sleep(0.02)
        return super().fit(X, y, **options)


class Refusing(DecisionTreeRegressor):
    """A tree that cannot be of depth 2, which nothing but its fit says."""

    def fit(self, X, y, **options):
        if self.max_depth == 2:
            raise ValueError("of all depths, not this one")
        return super().fit(X, y, **options)


class _OwnArguments(Exception):
    """An exception that can be pickled but not unpickled."""

    def __init__(self, one, two) -> None:
        super().__init__(f"{one} and {two}")


class Troubled(DecisionTreeClassifier):
    """A tree that does what `trouble` says instead of being fitted; "" is no trouble."""

    def __init__(self, *, trouble="", mark="", max_depth=None, random_state=None) -> None:
        super().__init__(max_depth=max_depth, random_state=random_state)
        self.trouble = trouble
        self.mark = mark

    def fit(self, X, y, **options):
        self._rows = len(X)
        if self.trouble:
            getattr(self, f"_{self.trouble}")()
        return super().fit(X, y, **options)

    def predict(self, X, check_input=True):
        predicted = super().predict(X, check_input)
        if self.trouble == "nan":
            return np.full(len(predicted), np.nan)
        if self.trouble == "column":
            return predicted.reshape(-1, 1)
        return list(predicted) if self.trouble == "list" else predicted

    def _column(self):
        pass

    def _list(self):
        pass

    def _nan(self):
        pass

    def _segfault(self):
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        ctypes.string_at(0)

    def _kill(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def _kill_once(self):
        if not os.path.exists(self.mark):
            with open(self.mark, "w"):
                pass
            os.kill(os.getpid(), signal.SIGKILL)

    def _exit(self):
        sys.exit(7)

    def _exit_hard(self):
        os._exit(3)

    def _exit_quietly(self):
        os._exit(0)

    def _half_answer(self):
        # as one that is killed while it answers: half of it stands in the pipe
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                if int(name) not in (0, 1, 2):
                    os.write(int(name), b"\0\0\1\0half")
        os.kill(os.getpid(), signal.SIGKILL)

    def _come_back_twice(self):
        os.fork()

    def _kill_refit_once(self):
        # a winner is refitted on more rows than any fold is fitted on
        if self._rows > 100:
            self._kill_once()

    def _signalled(self):
        # as by a terminal, or by whoever ends a process group
        for number in (signal.SIGINT, signal.SIGHUP):
            os.kill(os.getpid(), number)

    def _gated_refit(self):
        if self._rows > 100:
            with open(f"{self.mark}.begun", "w"):
                pass
            while not os.path.exists(self.mark):
                time.sleep(0.02)

    def _endless_refit(self):
        if self._rows > 100:
            self._endless()

    def _meddle(self):
        """Change what the trouble names, and find everything else unchanged."""
        mask = os.umask(0o022)
        os.umask(mask)
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        changed = {
            "folder": os.getcwd() == "/",
            "umask": mask == 0o777,
            "limit": soft == 1234,
            "alarm": signal.getitimer(signal.ITIMER_REAL)[0] > 0,
            "signal": signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN,
        }
        what = self.trouble.removeprefix("meddle_")
        if found := [name for name in changed if changed[name] and name != what]:
            raise RuntimeError(f"another fit has changed {found}")
        if what == "folder":
            os.chdir("/")
        elif what == "umask":
            os.umask(0o777)
        elif what == "limit":
            resource.setrlimit(resource.RLIMIT_CORE, (1234, hard))
        elif what == "alarm":
            signal.alarm(600)
        else:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    _meddle_folder = _meddle_umask = _meddle_limit = _meddle_alarm = _meddle_signal = _meddle

    def _family(self):
        """Leave a process behind, and go on."""
        with open(self.mark, "a") as file:
            file.write(f"{subprocess.Popen(['sleep', '600']).pid}\n")

    def _endless_family(self):
        subprocess.Popen(["sleep", "600"])
        # in a session of its own, out of reach of what ends its worker's
        subprocess.Popen(["sleep", "601"], start_new_session=True)
        self._endless()

    def _lambda(self):
        error = ValueError("holds what cannot be pickled")
        error.reason = lambda: None
        raise error

    def _unpickled(self):
        raise _OwnArguments("one", "two")

    def _endless(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(0.1)

    def _stuck(self):
        # unlike CDLL, PyDLL keeps the interpreter's lock: no other thread of this process runs meanwhile
        ctypes.PyDLL(None).sleep(600)

    def _noisy(self):
        for stream in (sys.stdout, sys.stderr):
            stream.write("\x1b[2J\x1b]0;taken over\x07" + "x" * 1_000_000)
            stream.flush()
        os.write(1, b"\x1b[31mraw" * 10_000)

    def _hostile(self):
        raise RuntimeError("\x1b[2Jgone\x07 [/red] \u202egnp.exe")

    def _warn(self):
        for index in range(50):
            warnings.warn(f"\x1b[31mlook {index % 2}", stacklevel=1)

    def _surroundings(self):
        raise RuntimeError(f"PYTHONSAFEPATH is {os.environ.get('PYTHONSAFEPATH', '')!r}")

    def _memory(self):
        raise MemoryError

    def _interrupt(self):
        raise KeyboardInterrupt


class Late(DecisionTreeClassifier):
    """A tree that, if `late`, cannot be fitted on rows that begin with the number `first`: all folds but one."""

    def __init__(self, *, late=False, first=0.0, max_depth=None, random_state=None) -> None:
        super().__init__(max_depth=max_depth, random_state=random_state)
        self.late = late
        self.first = first

    def fit(self, X, y, **options):
        if self.late and X[0, 0] == self.first:
            raise ValueError("not on these rows")
        return super().fit(X, y, **options)


class Loud(DecisionTreeClassifier):
    """Warns when it is made, and writes as it is fitted: by Python, and past it as libraries do."""

    def __init__(self, *, criterion="gini", max_depth=None, min_impurity_decrease=0.0, random_state=None) -> None:
        warnings.warn("old", FutureWarning, stacklevel=2)
        super().__init__(
            criterion=criterion,
            max_depth=max_depth,
            min_impurity_decrease=min_impurity_decrease,
            random_state=random_state,
        )

    def fit(self, X, y, sample_weight=None):
        print("fitting")
        os.write(1, b"fitting\n")
        os.write(2, b"[Fatal] fitting\n")
        return super().fit(X, y, sample_weight)
