"""How soon what happens elsewhere is on the screen: `bench_watch_latency.py [--only optuna|sklearn|ray] [--events N]`.

From an Optuna commit, a Ray report and the end of a scikit-learn fold to the cell that shows it, in a real terminal
of 120x40. Each event has a score of its own, which the screen shows nowhere before; the clock is the machine's.

Seen with 45 events each, load 15 to 16 on two cores, all of them on the screen: Optuna median 0.11 s, p95 0.28 s;
scikit-learn 0.12 s, p95 0.24 s; Ray 2.60 0.07 s, p95 0.11 s. On quiet cores p95 0.17, 0.13 and 0.10 s.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "support"))

HEAD = """
import sys, time
happened = open("happened", "a", buffering=1)
def note(score): happened.write(f"{score:.4f} {time.time()}\\n")
def scores(): return [round(0.1 + 0.0101 * number, 4) for number in range(EVENTS)]
"""

OPTUNA = """
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage="sqlite:///study.db", study_name="demo", direction="maximize", load_if_exists=True)
time.sleep(8)
for score in scores():
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    study.tell(trial, score)
    note(score)
    time.sleep(PAUSE)
"""

SKLEARN = """
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
class Told(ClassifierMixin, BaseEstimator):
    def __init__(self, p=0.0): self.p = p
    def fit(self, X, y):
        time.sleep(PAUSE if len(X) < 150 else 0)
        self.classes_ = [0, 1, 2]
        return self
    def score(self, X, y):
        note(self.p)
        return self.p
GridSearchCV(Told(), {"p": scores()}, cv=2).fit(*load_iris(return_X_y=True))
time.sleep(3)
"""

RAY = """
import ray
from ray import tune
ray.init(num_cpus=1, include_dashboard=False)
def train(config):
    told = open(config["to"], "a", buffering=1)
    time.sleep(8)
    for score in config["scores"]:
        tune.report({"score": score})
        told.write(f"{score:.4f} {time.time()}\\n")
        time.sleep(config["pause"])
import os
tune.Tuner(train, param_space={"to": os.path.abspath("happened"), "scores": scores(), "pause": PAUSE},
    tune_config=tune.TuneConfig(metric="score", mode="max"),
    run_config=tune.RunConfig(name=sys.argv[1], storage_path=os.path.abspath("kept"))).fit()
"""


def measure(name: str, events: int, pause: float, folder: Path) -> None:
    """Tell the latencies of one kind of source."""
    from terminal import Terminal

    script = (HEAD + {"optuna": OPTUNA, "sklearn": SKLEARN, "ray": RAY}[name]).replace("EVENTS", str(events))
    (folder / "train.py").write_text(script.replace("PAUSE", str(pause)))
    command = [sys.executable, "-m", "tunetop", "watch"]
    os.chdir(folder)
    writer = None
    if name == "sklearn":
        command += ["--runs-dir", str(folder / "runs"), "--", sys.executable, "train.py"]
    else:
        with open(folder / "said", "wb") as said:
            writer = subprocess.Popen([sys.executable, "train.py", folder.name], stdout=said, stderr=said)
        wait(_has_study if name == "optuna" else lambda: _staged(folder.name), writer)
        command += ["study.db"] if name == "optuna" else [folder.name, "--metric", "score", "--mode", "max"]
    seen: dict[str, float] = {}
    happened: dict[str, float] = {}
    with Terminal(command, columns=120, rows=40) as terminal:
        until = time.monotonic() + 120 + 3 * events * pause * (2 if name == "sklearn" else 1)
        while len(seen) < events and time.monotonic() < until:
            if (folder / "happened").exists():
                for line in (folder / "happened").read_text().splitlines(keepends=True):
                    if line.endswith("\n"):
                        happened.setdefault(*_event(line))
            text = terminal.text()
            for score in happened.keys() - seen.keys():
                if score in text:
                    seen[score] = time.time()
            time.sleep(0.005)
        last = terminal.text()
    if writer is not None:
        writer.terminate()
        writer.wait(60)
    took = sorted(seen[score] - happened[score] for score in seen)
    assert took, last
    print(f"{name}: {len(took)} of {events} events seen, median {took[len(took) // 2]:.2f} s,", end=" ")
    print(f"p95 {took[int(0.95 * (len(took) - 1))]:.2f} s, longest {took[-1]:.2f} s, load {os.getloadavg()[0]:.1f}")


def _event(line: str) -> tuple[str, float]:
    score, at = line.split()
    return score, float(at)


def _has_study() -> bool:
    from tunetop.engine.sources.here import studies_in

    return bool(studies_in(Path("study.db"), "study.db"))


def _staged(name: str) -> bool:
    from tunetop.engine.sources.ray import find_experiment

    return find_experiment(name) is not None


def wait(condition, process: subprocess.Popen[bytes]) -> None:
    """Wait until something is there, while a process lives that makes it."""
    while not condition():
        assert process.poll() is None, "the writer has ended"
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["optuna", "sklearn", "ray"])
    parser.add_argument("--events", type=int, default=45)
    parser.add_argument("--pause", type=float, default=1.0)
    arguments = parser.parse_args()
    for name in [arguments.only] if arguments.only else ["optuna", "sklearn", "ray"]:
        with tempfile.TemporaryDirectory() as folder:
            measure(name, arguments.events, arguments.pause, Path(folder))


if __name__ == "__main__":
    main()
