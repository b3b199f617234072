"""Tables as people have them: each preset of `cases` runs to what pandas and scikit-learn give by hand, or is answered.

One row a case. `RIGHT` says how a person would compute the grid's scores, with nothing of this project; `SAID` what the
one message holds: the key, what was found, what to write.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from breadth import WHOLE
from leaving import assert_all_that_leaves
from running import run_through
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, RobustScaler, StandardScaler
from threadpoolctl import threadpool_limits
from tunetop.engine.errors import PresetError
from tunetop.engine.preset.preset import load
from tunetop.engine.problem.problem import load_problem
from worked import worked

CASES = Path(__file__).parent / "cases"
C = {"logisticregression__C": [0.01, 0.1, 1.0, 10.0]}
TWO = {"logisticregression__C": [0.1, 1.0]}


@dataclass
class Hand:
    """How a person does it: what is read, what goes, what is done to the columns, what is searched."""

    file: str
    target: str
    chain: Callable[[pd.DataFrame], list[Any]] = lambda frame: []
    drop: tuple[str, ...] = ()
    positive: str | None = None
    read: dict[str, Any] = field(default_factory=dict)
    change: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame
    stratify: bool = False
    seed: int = 0
    test_size: float = 0.2
    scoring: str = "accuracy"
    model: Any = field(default_factory=lambda: LogisticRegression(max_iter=1000))
    grid: dict[str, list[Any]] = field(default_factory=lambda: dict(C))

    def search(self) -> tuple[GridSearchCV, float]:
        """Return the fitted search, and the winner's score on the held-out rows."""
        frame = self.change(pd.read_csv(CASES / self.file, **self.read)).drop(columns=list(self.drop))
        target = frame.pop(self.target)
        if self.positive is not None:
            target = (target == self.positive).astype(int)
        parts = train_test_split(
            frame,
            target,
            test_size=self.test_size,
            random_state=self.seed,
            stratify=target if self.stratify else None,
        )
        pipeline = make_pipeline(*self.chain(frame), self.model)
        search = GridSearchCV(pipeline, self.grid, cv=3, scoring=self.scoring, error_score="raise")
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            search.fit(parts[0], parts[2])
            return search, float(search.score(parts[1], parts[3]))


def numbers(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if frame[name].dtype.kind in "iuf"]


def others(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if name not in numbers(frame)]


def onehot() -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False)


def categories_only(frame: pd.DataFrame) -> list[Any]:
    """One-hot for what is text, numbers as they are."""
    return [ColumnTransformer([("category", onehot(), others(frame))], remainder="passthrough")]


def impute_onehot(frame: pd.DataFrame, strategy: str = "median") -> list[Any]:
    chain = make_pipeline(SimpleImputer(strategy="most_frequent", keep_empty_features=True), onehot())
    imputer = SimpleImputer(strategy=strategy, keep_empty_features=True)
    return [ColumnTransformer([("number", imputer, numbers(frame)), ("category", chain, others(frame))])]


def impute_onehot_standard(frame: pd.DataFrame) -> list[Any]:
    """`prepare = ["impute", "onehot", "standard"]`: the last one is for all columns."""
    return [*impute_onehot(frame), StandardScaler()]


def onehot_impute_standard(frame: pd.DataFrame) -> list[Any]:
    return [*categories_only(frame), SimpleImputer(strategy="median"), StandardScaler()]


def impute_standard(frame: pd.DataFrame) -> list[Any]:
    """The same where categories have no step that makes numbers of them: they are one-hot encoded."""
    categories = make_pipeline(SimpleImputer(strategy="most_frequent", keep_empty_features=True), onehot())
    scaled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    return [ColumnTransformer([("number", scaled, numbers(frame)), ("category", categories, others(frame))])]


def standard(frame: pd.DataFrame) -> list[Any]:
    return [StandardScaler()]


def as_categories(frame: pd.DataFrame) -> pd.DataFrame:
    named = [name for name in others(frame) if name != "Churn"]
    return frame.astype(dict.fromkeys(named, "category"))


def telco(frame: pd.DataFrame) -> pd.DataFrame:
    """TotalCharges is a blank where somebody is new."""
    return frame.assign(TotalCharges=pd.to_numeric(frame["TotalCharges"], errors="coerce"))


def telco_native(frame: pd.DataFrame) -> pd.DataFrame:
    return as_categories(telco(frame)).assign(Partner=(frame["Partner"] == "Yes").astype(int))


def telco_hand(**more: Any) -> Hand:
    fixed: dict[str, Any] = {
        "file": "01-telco/churn.csv",
        "target": "Churn",
        "positive": "Yes",
        "stratify": True,
        "seed": 42,
        "scoring": "roc_auc",
        "change": telco,
        "model": HistGradientBoostingClassifier(random_state=0, max_iter=3),
        "grid": {
            "histgradientboostingclassifier__learning_rate": [0.03, 0.1, 0.3],
            "histgradientboostingclassifier__max_leaf_nodes": [4, 8, 31],
        },
    }
    return Hand(**(fixed | more))


def dialect(name: str, target: str = "gut", **more: Any) -> Hand:
    return Hand(f"02-dialects/{name}.csv", target, **more)


def missing(name: str, **more: Any) -> Hand:
    return Hand(f"03-na-tokens/{name}.csv", "y", impute_standard, stratify=True, **more)


def mixed(name: str, chain: Callable[[pd.DataFrame], list[Any]] = impute_onehot_standard, **more: Any) -> Hand:
    return Hand(f"17-mixed/{name}.csv", "y", chain, stratify=True, **more)


def kept_none(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{"Sleep Disorder": frame["Sleep Disorder"].fillna("None")})


LONG = "Do you seek treatment when you feel that your work suffers from it, whatever your employer has to say?"
STRATEGY = {"columntransformer__number__strategy": ["mean", "median", "most_frequent"]}

RIGHT: dict[str, Hand] = {
    "01-telco/clean": telco_hand(chain=categories_only, drop=("customerID",)),
    "01-telco/hgb_cat2": telco_hand(
        change=telco_native,
        drop=("customerID",),
        model=HistGradientBoostingClassifier(random_state=0, max_iter=3, categorical_features=[1, 3, 4]),
    ),
    # nine hundred columns, one for each customer: the usual solver is long over them
    "01-telco/id_onehot": telco_hand(chain=impute_onehot, model=LogisticRegression(solver="newton-cholesky"), grid=TWO),
    "02-dialects/bom": dialect("bom", read={"encoding": "utf-8-sig"}),
    "02-dialects/newline": dialect("newline", chain=impute_standard),
    "02-dialects/quoted_comma": dialect("quoted_comma", chain=impute_standard, read={"decimal": ","}),
    "02-dialects/semicolon": dialect("semicolon", read={"sep": ";", "decimal": ","}),
    "02-dialects/semicolon_point": dialect("semicolon_point", read={"sep": ";"}),
    "02-dialects/tab": dialect("tab", read={"sep": "\t"}),
    "02-dialects/utf16": dialect("utf16", read={"encoding": "utf-16"}),
    "03-na-tokens/plain": missing("plain"),
    "03-na-tokens/n_a": missing("n_a"),
    "03-na-tokens/dash": missing("dash", read={"na_values": ["-"]}),
    "04-none-label/sleep": Hand("04-none-label/sleep.csv", "Sleep Disorder", standard, change=kept_none),
    "05-long-names/one": Hand("05-long-names/one.csv", LONG, categories_only),
    "05-long-names/one_cut": Hand("05-long-names/one.csv", LONG, categories_only),
    "05-long-names/survey": Hand("05-long-names/survey.csv", LONG, categories_only),
    "06-duplicate-columns/har": Hand("06-duplicate-columns/har.csv", "Activity"),
    "07-unnamed-index/indexed": Hand("07-unnamed-index/indexed.csv", "label", standard),
    "07-unnamed-index/features": Hand("07-unnamed-index/indexed.csv", "label", standard, drop=("b", "c")),
    "07-unnamed-index/two_unnamed": Hand("07-unnamed-index/two_unnamed.csv", "label"),
    "17-mixed/noshift": mixed("noshift"),
    "17-mixed/shift": mixed("shift"),
    "17-mixed/late": mixed("late"),
    "17-mixed/mixed": mixed("mixed"),
    "17-mixed/mixed_empty": mixed("mixed_empty"),
    "17-mixed/mixed_late": mixed("mixed_late"),
    "17-mixed/onehot_impute": mixed("mixed", onehot_impute_standard),
    "17-mixed/onehot_min": mixed(
        "mixed", onehot_impute_standard, grid={"columntransformer__category__min_frequency": [2, 100]}
    ),
    "17-mixed/strategy": mixed("mixed", grid=TWO | STRATEGY),
    "17-mixed/robust_range": Hand(
        "00-shared/table.csv",
        "y",
        lambda frame: [RobustScaler()],
        grid={"robustscaler__quantile_range": [(10.0, 90.0), (25.0, 75.0)]},
    ),
    "21-text/reviews": Hand(
        "21-text/reviews.csv", "positive", lambda frame: [ColumnTransformer([("t", TfidfVectorizer(), "text")])]
    ),
    "21-text/reviews_onehot": Hand(
        "21-text/reviews.csv", "positive", lambda frame: [ColumnTransformer([("t", TfidfVectorizer(), "text")])]
    ),
}

SAID: dict[str, tuple[str, ...]] = {
    "01-telco/all": ("customerID", "720", "255", 'drop = ["customerID"]'),
    "01-telco/hgb_cat": ("customerID", "720", "255", 'drop = ["customerID"]'),
    "02-dialects/latin1": ("data.encoding", "latin1.csv", "byte 1 is not UTF-8", "cp1252", "Säure"),
    "02-dialects/money": ("data.decimal", "5,763", 'decimal = ","', 'decimal = "."'),
    "03-na-tokens/n_a_onehot": ("income", "10", 'prepare = ["impute"'),
    "09-pos-label/f1": ("data.positive", "f1", "fraud", "legit", 'positive = "fraud"'),
    "09-pos-label/recall": ("data.positive", "recall", 'positive = "fraud"'),
    "10-rare-class/pos8_f1": ("score.scoring", "'f1' is undefined on the test rows", "data.stratify = true"),
    "10-rare-class/pos8_roc_auc": ("score.scoring", "'roc_auc' is undefined on the test rows", "data.stratify = true"),
}


SHORTER: dict[str, dict[str, Any]] = {
    "01-telco/clean": {"model.params.max_iter": 3},
    "01-telco/hgb_cat2": {"model.params.max_iter": 3},
    "01-telco/id_onehot": {"space.C.grid": [0.1, 1.0]},
    "17-mixed/strategy": {"space.C.grid": [0.1, 1.0]},
}
"""What is changed in a preset for the sake of time."""

WHOLLY = (
    "01-telco/clean",
    "02-dialects/semicolon",
    "03-na-tokens/dash",
    "04-none-label/sleep",
    "05-long-names/one",
    "06-duplicate-columns/har",
    "07-unnamed-index/indexed",
    "17-mixed/mixed",
    "17-mixed/strategy",
    "21-text/reviews",
)
"""One table of each kind, which goes through a whole run: for others the workers' own code does without processes."""


@pytest.mark.parametrize("case", [case for case in RIGHT if case not in WHOLLY])
def test_a_table_like_another_gives_what_is_given_by_hand(case: str, tmp_path: Path) -> None:
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = worked(load(CASES / f"{case}.toml", SHORTER.get(case)), tmp_path)
    search, test_score = RIGHT[case].search()
    assert not done.errors
    assert list(done.scores.mean(axis=1)) == pytest.approx(list(search.cv_results_["mean_test_score"]), abs=1e-12)
    assert done.refits[search.best_index_].score == pytest.approx(test_score, abs=1e-12)


@pytest.mark.parametrize("case", RIGHT if WHOLE else WHOLLY)
def test_a_table_gives_what_pandas_and_scikit_learn_give_by_hand(case: str, tmp_path: Path) -> None:
    state = run_through(load(CASES / f"{case}.toml", SHORTER.get(case)), tmp_path, workers=1)
    search, test_score = RIGHT[case].search()
    grid = state.methods["grid"]
    means = [grid.trials[number].mean for number in range(len(grid.trials))]
    theirs = list(search.cv_results_["mean_test_score"])
    if case == "17-mixed/strategy":  # whose parameters are in another order there
        means, theirs = sorted(map(float, means)), sorted(theirs)
    assert means == pytest.approx(theirs, abs=1e-12), search.cv_results_["params"]
    assert grid.best is not None
    assert grid.best.mean == pytest.approx(search.best_score_, abs=1e-12)
    assert grid.test_score == pytest.approx(test_score, abs=1e-12)
    assert_all_that_leaves(tmp_path, tmp_path / "left", "grid")


@pytest.mark.parametrize("case", SAID)
def test_what_cannot_be_is_answered_with_what_to_write(case: str) -> None:
    with pytest.raises(PresetError) as caught:
        load_problem(load(CASES / f"{case}.toml"))
    said = str(caught.value)
    assert "\n" not in said
    assert f"{Path(case).name}.toml" in said
    for part in SAID[case]:
        assert part in said


def test_every_preset_of_these_tables_is_listed() -> None:
    files = (file.relative_to(CASES).with_suffix("") for file in CASES.rglob("*.toml"))
    here = {str(file) for file in files if file.parts[0] < "10" or file.parts[0] in ("17-mixed", "21-text")}
    assert here == {case for case in (*RIGHT, *SAID, *ELSEWHERE) if not case.startswith("10-")}


ELSEWHERE = ("21-text/tfidf",)
"""Listed where models of one's own are tested."""
