"""Pictures of watched searches, taken from real ones: `python tests/support/watched_pictures.py [--only NAME]`.

An Optuna study, a GridSearchCV in an unchanged script, and a Ray Tune experiment are made on the spot, watched
in the app without a terminal, and saved as SVG beside the other pictures.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from screenshot import TARGET, save

SCRIPTS = {
    "optuna": """
import optuna
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
optuna.logging.set_verbosity(optuna.logging.ERROR)
X, Xv, y, yv = train_test_split(*load_digits(return_X_y=True), random_state=0)
def objective(trial):
    model = SGDClassifier(alpha=trial.suggest_float("alpha", 1e-6, 1e-1, log=True), random_state=0,
        eta0=trial.suggest_float("eta0", 1e-4, 1.0, log=True), learning_rate="adaptive",
        penalty=trial.suggest_categorical("penalty", ["l2", "l1", "elasticnet"]))
    for epoch in range(12):
        model.partial_fit(X, y, classes=range(10))
        trial.report(model.score(Xv, yv), epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return model.score(Xv, yv)
study = optuna.create_study(storage="sqlite:///study.db", study_name="digits", direction="maximize",
    sampler=optuna.samplers.TPESampler(seed=3), pruner=optuna.pruners.MedianPruner(n_warmup_steps=3))
study.optimize(objective, n_trials=48)
""",
    "sklearn": """
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
grid = {"svc__C": [0.01, 0.1, 1, 10, 100], "svc__gamma": [0.0001, 0.001, 0.01, 0.1, 1]}
search = GridSearchCV(make_pipeline(StandardScaler(), SVC()), grid, cv=5, n_jobs=2)
search.fit(*load_breast_cancer(return_X_y=True))
""",
    "ray": """
import os
from ray import tune
def train(config):
    loss = 4.0
    for step in range(15):
        loss = 0.3 * config["width"] ** -0.5 + loss * abs(1 - 6 * config["rate"]) ** 0.5
        tune.report({"loss": loss})
space = {"rate": tune.grid_search([0.01, 0.03, 0.06, 0.1, 0.3]), "width": tune.grid_search([8, 32])}
tune.Tuner(train, param_space=space, tune_config=tune.TuneConfig(metric="loss", mode="min"),
    run_config=tune.RunConfig(name="widths", storage_path=os.path.abspath("kept"))).fit()
""",
}
NEEDS = {"optuna": "optuna", "ray": "ray"}
VIEWS = {"optuna": "C", "sklearn": "2", "ray": "C"}


async def picture(name: str, folder: Path, target: Path, size: tuple[int, int]) -> None:
    """Make a search, show it and save what is seen."""
    from tunetop.engine.record.store import Store
    from tunetop.engine.recorders.program import environment
    from tunetop.engine.sources.find import source_of
    from tunetop.tui.app.app import TunetopApp
    from tunetop.tui.sessions.source import SourceSession

    (folder / "train.py").write_text(SCRIPTS[name])
    (folder / "told").touch()
    store = Store(folder / "runs")
    surroundings = environment(os.environ, folder / "told", runs_dir=store.root) if name == "sklearn" else os.environ
    subprocess.run([sys.executable, "train.py"], cwd=folder, env=surroundings, check=True)
    if name == "sklearn":
        app = TunetopApp(store, folder=store.list()[0], thin=False)
    else:
        source = {"optuna": "study.db", "ray": "kept/widths"}[name]
        app = TunetopApp(store, watched=SourceSession(lambda: source_of(str(folder / source))), thin=False)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(2.0)
        for key in VIEWS[name]:
            await pilot.press(key)
        await pilot.pause(2.0)
        save(app, target / f"watch-{name}.svg")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(SCRIPTS))
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    # as a newcomer sees it, whatever settings this person remembers
    os.environ["TUNETOP_CONFIG_DIR"] = tempfile.mkdtemp()
    for name in [options.only] if options.only else SCRIPTS:
        if find_spec(NEEDS.get(name, "sklearn")) is None:
            print(f"no picture of {name}: it is not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(picture(name, Path(folder), options.target, (120, 36)))


if __name__ == "__main__":
    main()
