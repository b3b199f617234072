"""A preset is understood as written, and whatever is wrong in one is told: file, key, what was found, what may be."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from running import TREE, preset_of
from tunetop.engine.errors import PresetError, UsageError, choose
from tunetop.engine.preset.preset import SHIPPED, find, load, parse
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.engine.text import is_harmless
from warm_process import Warmed

DEPTH = "max_depth = { linear = [1, 8], integer = true, grid = [1, 2, 3] }"
CRITERION = 'criterion = ["gini", "entropy"]'


def wrong(folder: Path, *changes: tuple[str, str], extra: str = "") -> PresetError:
    """Return what is said of TREE with `changes`, parsed and made a problem of, as a run would."""
    text = TREE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "wrong.toml"
    path.write_text(text + extra, encoding="utf-8")
    with pytest.raises(PresetError) as caught:
        load_problem(load(path))
    return caught.value


@pytest.mark.parametrize(
    ("change", "key", "found", "allowed"),
    [
        # wrong keys
        (('title = "Small tree"', 'titel = "x"'), "titel", "no such key", "title"),
        (("stratify = true", "stratefy = true"), "data.stratefy", "no such key", "stratify"),
        (("folds = 3", "fold = 3"), "score.fold", "no such key", "folds"),
        (("trials = 12", "trails = 12"), "method[1] (random).trails", "no such option", "trials"),
        (("seed = 3", "seed = 3\nsampler = 'tpe'"), "method[1] (random).sampler", "no such option", "seed"),
        ((DEPTH, "max_depth = { lin = [1, 8] }"), "space.max_depth.lin", "no such key", "linear"),
        # wrong types
        (("folds = 3", 'folds = "three"'), "score.folds", "found 'three'", "a whole number"),
        (("stratify = true", 'stratify = "yes"'), "data.stratify", "found 'yes'", "true or false"),
        (("trials = 12", "trials = 1.5"), "method[1].trials", "found", "a whole number"),
        # impossible ranges
        ((DEPTH, "max_depth = { linear = [8, 1] }"), "space.max_depth.linear", "found [8, 1]", "low < high"),
        ((DEPTH, "max_depth = { log = [0, 1] }"), "space.max_depth.log", "found [0, 1]", "above 0"),
        ((DEPTH, "max_depth = { linear = [1, inf] }"), "space.max_depth.linear", "inf", "finite"),
        ((DEPTH, "max_depth = { linear = [1, 2, 3] }"), "space.max_depth.linear", "[1, 2, 3]", "[low, high]"),
        ((DEPTH, "max_depth = { linear = [1.5, 8], integer = true }"), "space.max_depth.linear", "1.5", "whole"),
        ((DEPTH, "max_depth = { linear = [1, 8], steps = 1 }"), "space.max_depth.steps", "found 1", "from 2"),
        ((DEPTH, "max_depth = { linear = [1, 8], integer = true }"), "space.max_depth", "no values", "grid"),
        ((DEPTH, "max_depth = { linear = [1, 8], log = [1, 8] }"), "space.max_depth", "linear", "one of"),
        ((CRITERION, "criterion = []"), "space.criterion.choices", "found []", "a list of values"),
        ((CRITERION, 'criterion = ["gini", "gini"]'), "space.criterion.choices", "stands there twice", "once"),
        ((CRITERION, 'criterion = { choices = ["gini"], grid = ["ginny"] }'), "space.criterion.grid", "ginny", "gini"),
        # methods
        (('kind = "random"', 'kind = "rondom"'), "method[1].kind", "found 'rondom'", "random"),
        (('kind = "random"', 'kind = "baseline"'), "method[1].kind", "found 'baseline'", "grid"),
        (("trials = 12", ""), "method[1] (random).trials", "missing", "a whole number"),
        (("trials = 12", "trials = 0"), "method[1] (random).trials", "found 0", "from 1"),
        (("trials = 12", "trials = 12\nopen = 8"), "method[1] (random).open", "no such option", "seed"),
        (('kind = "random"', 'kind = "bayes"\nopen = 0'), "method[1] (bayes).open", "found 0", "from 1"),
        (("trials = 12", "trials = 12\nname = 'grid'"), "method[1].name", "a second method", "of its own"),
        (("trials = 12", "trials = 12\nname = 'manual'"), "method[1].name", "manual", "of its own"),
        (("trials = 12", "trials = 12\nname = '../x'"), "method[1].name", "found '../x'", "letters"),
        (("trials = 12", "trials = 12\nrace = { alpha = 2 }"), "method[1].race.alpha", "found 2", "0 and 0.5"),
        (("trials = 12", "trials = 12\nrace = { beta = 2 }"), "method[1].race.beta", "no such key", "alpha"),
        (("trials = 12", "trials = 12\nrace = 'yes'"), "method[1].race", "found 'yes'", "true or false"),
        (
            ('kind = "grid"', 'kind = "halving"\nresource = "max_iter"\nmax_resources = 9'),
            "method[0] (halving).resource",
            "DecisionTreeClassifier has no parameter 'max_iter'",
            "rows",
        ),
        (
            ('kind = "grid"', 'kind = "halving"\nresource = "max_iter"'),
            "method[0] (halving).max_resources",
            "missing",
            "",
        ),
        (('kind = "grid"', 'kind = "halving"\nresource = "max_depth"'), "method[0] (halving).resource", "searched", ""),
        (('kind = "grid"', 'kind = "halving"\nrace = true'), "method[0] (halving).race", "no such option", "factor"),
        (('kind = "grid"', "kind = 3"), "method[0].kind", "found 3", "grid"),
        (('kind = "grid"', 'name = "x"'), "method[0].kind", "missing", "grid"),
        # stop rules
        (("[score]", "[stop]\nseconds = 0\n[score]"), "stop.seconds", "found 0", "more than 0"),
        (("[score]", "[stop]\nno_improvement = 0\n[score]"), "stop.no_improvement", "found 0", "from 1"),
        (("[score]", "[stop]\nscore = nan\n[score]"), "stop.score", "found nan", "finite"),
        (("[score]", "[stop]\nafter = 1\n[score]"), "stop.after", "no such key", "seconds"),
        # data
        (('"sklearn:iris"', '"sklearn:irish"'), "data.source", "found 'sklearn:irish'", "sklearn:iris"),
        (('"sklearn:iris"', '"http://x"'), "data.source", "found 'http://x'", "csv:"),
        (('"sklearn:iris"', '"csv:"'), "data.source", "found 'csv:'", "csv:"),
        (("test_size = 0.3", "test_size = 1.0"), "data.test_size", "found 1.0", "between 0 and 1"),
        (('"sklearn:iris"', '"csv:none.csv"\ntarget = "y"'), "data.source", "none.csv cannot be read", "a CSV file"),
        # estimators and their parameters
        (("DecisionTreeClassifier", "DecisionTreeClasifier"), "model.estimator", "no 'DecisionTreeClasifier'", ""),
        (('"sklearn.tree.DecisionTreeClassifier"', '"os.system"'), "model.estimator", "found 'os.system'", "sklearn"),
        (('"sklearn.tree.DecisionTreeClassifier"', '"sklearn.tree"'), "model.estimator", "is no estimator", "fit"),
        (("random_state = 0", "random_sate = 0"), "model.params.random_sate", "no such parameter", "random_state"),
        (("max_depth = {", "max_dept = {"), "space.max_dept", "max_dept", "max_depth"),
        # scorers and folds
        (('"accuracy"', '"acuracy"'), "score.scoring", "there is no scorer 'acuracy'", "accuracy"),
        (('"accuracy"', '"r2"'), "score.scoring", "scores regressors", "for classifiers"),
        (('"accuracy"', '"roc_auc"'), "score.scoring", "does not fit this data", "roc_auc_ovr"),
        (("folds = 3", "folds = 1"), "score.folds", "found 1", "from 2 to 1000"),
        (("folds = 3", "folds = 40"), "score.folds", "has 35 training rows", "2 to 35"),
        (("folds = 3", "folds = 200"), "score.folds", "200 folds for 105 training rows", "2 to 105"),
        (("folds = 3", "folds = 3\ntimeout = 0"), "score.timeout", "found 0", "more than 0"),
    ],
)
def test_a_mistake_is_told_with_file_key_what_was_found_and_what_is_allowed(
    tmp_path: Path, change: tuple[str, str], key: str, found: str, allowed: str
) -> None:
    error = wrong(tmp_path, change)
    assert error.file == str(tmp_path / "wrong.toml")
    assert error.key == key
    assert found in error.found
    assert allowed in error.allowed
    assert error.exit_code == 2
    assert str(error).startswith(f"{error.file}: {key}: ")
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("mistake", "hint"),
    [
        (('kind = "random"', 'kind = "rondom"'), "Did you mean random?"),
        (("random_state = 0", "random_sate = 0"), "Did you mean random_state?"),
        (('"accuracy"', '"acuracy"'), "Did you mean accuracy?"),
        (('"accuracy"', '"log_loss_"'), "Did you mean neg_log_loss?"),
        (('"accuracy"', '"Accuracy"'), "Did you mean accuracy?"),
        (('"sklearn:iris"', '"sklearn:irish"'), "Did you mean iris?"),
        (('"sklearn:iris"', '"iris"'), "Did you mean sklearn:iris?"),
        (('"sklearn:iris"', '"cvs:iris.csv"'), "Did you mean csv?"),
        (('"sklearn:iris"', '"iris.csv"'), "Did you mean csv:iris.csv?"),
        (('"sklearn:iris"', '"../iris.csv.gz"'), "Did you mean csv:../iris.csv.gz?"),
        (('"sklearn:iris"', '"C:/iris.xlsx"'), "Did you mean excel:C:/iris.xlsx?"),
        (('kind = "random"', 'kind = "baseline"'), "The baseline always runs first, unasked."),
    ],
)
def test_a_near_miss_is_told_what_was_probably_meant(tmp_path: Path, mistake: tuple[str, str], hint: str) -> None:
    assert wrong(tmp_path, mistake).hint == hint


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('source = "sklearn:iris"', ""), 'data.source: missing; allowed: "csv:FILE", "sklearn:iris"'),
        (('scoring = "accuracy"', ""), 'score.scoring: missing; allowed: a metric of scikit-learn, such as "accuracy"'),
        ((TREE[TREE.index("[[method]]") :], ""), 'method: missing; allowed: [[method]] with kind = "random"'),
        (
            (TREE[TREE.index("[[method]]") :], "[method.grid]"),
            "method: found {'grid': {}}; allowed: a list: [[method]]",
        ),
    ],
)
def test_what_is_missing_is_told_with_what_it_is_for(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    assert told in str(wrong(tmp_path, change))


def test_the_few_names_that_begin_so_are_all_told() -> None:
    known = ["RandomForestClassifier", "RandomForestRegressor", "RandomTreesEmbedding"]
    assert choose("RandomForest", known) == "Did you mean RandomForestClassifier or RandomForestRegressor?"
    assert choose("RandomForestClasifier", known) == "Did you mean RandomForestClassifier?"
    assert choose("Ridge", known) == ""


CSV = "a,b,label\n" + "\n".join(f"{i},{i % 7},{'yes' if i % 3 else 'no'}" for i in range(60)) + "\n"


@pytest.mark.parametrize(
    ("content", "settings_", "place", "said"),
    [
        (
            CSV,
            'target = "lable"',
            "data.target",
            "there is no column 'lable'; allowed: a, b, label. Did you mean label?",
        ),
        (CSV, "", "data.target", "missing; allowed: a column: a, b, label"),
        (CSV, 'target = "label"\nfeatures = ["a", "c"]', "data.features", "there is no column 'c'"),
        (CSV, 'target = "label"\nfeatures = ["label"]', "data.features", "holds the target 'label'"),
        ("", 'target = "label"', "", "found an empty file"),
        ("a,label\n1,x\n2\n3,x\n", 'target = "label"', "line 3", "found 1 values; allowed: 2, as in the header"),
        ("a,label\n1,2,x\n", 'target = "label"', "line 2", "found 3 values; allowed: 2, as in the header"),
        ("a,label\n1,\n2,x\n", 'target = "label"', "data.target", "row 1 has no value"),
        ("a,label\n1,0.5\n2,1.5\n", 'target = "label"', "data.target", "holds a continuous number"),
        ("a,label\n" + "1,x\n" * 40, 'target = "label"', "data.target", "one class only"),
    ],
)
def test_data_that_will_not_do_is_told(tmp_path: Path, content: str, settings_: str, place: str, said: str) -> None:
    (tmp_path / "data.csv").write_text(content)
    changes = [('"sklearn:iris"', f'"csv:data.csv"\n{settings_}')]
    if "1,x" in content:
        changes.append(("stratify = true", "stratify = false"))
    error = wrong(tmp_path, *changes)
    assert error.key == place
    assert said in str(error)
    assert "wrong.toml" in str(error) or "data.csv" in error.file


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(b"a,label\n\xff\xfe,x\n")
    error = wrong(tmp_path, ('"sklearn:iris"', '"csv:data.csv"\ntarget = "label"'))
    assert "is not UTF-8" in str(error)
    (tmp_path / "bad.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(PresetError, match="byte 9 is not UTF-8"):
        load(tmp_path / "bad.toml")
    (tmp_path / "huge.toml").write_text("#" * 1_000_001)
    with pytest.raises(PresetError, match="over 1 MB"):
        load(tmp_path / "huge.toml")


@pytest.mark.parametrize(
    ("estimator", "prepare", "noted"),
    [
        ("sklearn.svm.SVC", "[]", 1),
        ("sklearn.svm.SVC", '["standard"]', 1),
        ("sklearn.svm.SVC", '["impute"]', 0),
        ("sklearn.tree.DecisionTreeClassifier", "[]", 0),
    ],
)
def test_missing_values_that_an_estimator_will_refuse_are_told(
    tmp_path: Path, estimator: str, prepare: str, noted: int
) -> None:
    (tmp_path / "data.csv").write_text(CSV.replace("\n3,", "\n,"))
    text = (
        TREE.replace('"sklearn:iris"', '"csv:data.csv"\ntarget = "label"')
        .replace("sklearn.tree.DecisionTreeClassifier", estimator)
        .replace("params = { random_state = 0 }", f"prepare = {prepare}")
    )
    text = text[: text.index("[space]")] + "[space]\nrandom_state = [0, 1]\n" + text[text.index("[score]") :]
    if noted:
        with pytest.raises(PresetError, match=r"values are missing in a \(1\), and SVC takes none.*impute"):
            load_problem(preset_of(text, tmp_path))
    else:
        assert not load_problem(preset_of(text, tmp_path)).card.notes


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    (tmp_path / "notepad.toml").write_bytes(b"\xef\xbb\xbf" + TREE.replace("\n", "\r\n").encode())
    (tmp_path / "plain.toml").write_text(TREE)
    assert load(tmp_path / "notepad.toml").document == load(tmp_path / "plain.toml").document


def test_what_would_be_read_for_ever_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "data.csv")
    os.mkfifo(tmp_path / "fifo.toml")
    for source in ("csv:data.csv", "csv:/dev/zero"):
        error = wrong(tmp_path, ('"sklearn:iris"', f'"{source}"\ntarget = "label"'))
        assert "cannot be read: not a plain file" in str(error)
    with pytest.raises(PresetError, match="not a plain file"):
        load(tmp_path / "fifo.toml")


def test_a_table_of_very_many_columns_is_told_soon_what_is_wrong_with_it(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(40_000)]
    (tmp_path / "data.csv").write_text(",".join([*names, "label", "label"]) + "\n")
    started = time.process_time()
    assert "a header and no rows" in str(wrong(tmp_path, ('"sklearn:iris"', '"csv:data.csv"\ntarget = "label"')))
    # pandas takes 6 s for it, and where each name was counted among all others it was half a minute
    assert time.process_time() - started < 4


def test_tables_in_tables_without_end_are_told(tmp_path: Path) -> None:
    for text in (".".join(["a"] * 2_000) + " = 1", "a = " + "[" * 5000 + "]" * 5000):
        with pytest.raises(PresetError, match=r"beyond all measure|not TOML"):
            parse(text, tmp_path / "deep.toml")


def test_a_regressor_will_not_take_text_or_a_classifiers_scorer(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(CSV)
    tree = ("DecisionTreeClassifier", "DecisionTreeRegressor")
    source = ('"sklearn:iris"', '"csv:data.csv"\ntarget = "label"')
    assert wrong(tmp_path, tree, source).found.startswith("holds text, such as ")
    scorer = wrong(tmp_path, tree, ('"sklearn:iris"', '"sklearn:diabetes"'), ("stratify = true", "stratify = false"))
    assert scorer.key == "score.scoring"
    assert "does not fit this data" in scorer.found


def test_nothing_is_made_for_a_preset_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(TREE.replace('"accuracy"', '"roc_auc"'))
    with pytest.raises(PresetError):
        launch(load(tmp_path / "wrong.toml"), Store(tmp_path / "runs"), RunOptions(workers=1))
    assert not Store(tmp_path / "runs").list()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("folds = 3", "fold = 3"), "score.fold: no such key; allowed: scoring, folds, timeout"),
        (('"sklearn:iris"', '"csv:none.csv"\ntarget = "y"'), "data.source: "),
        (("folds = 3", "folds = 40"), "score.folds: found 40 folds, but class 'setosa' has 35 training rows"),
    ],
)
def test_the_command_line_says_it_in_one_line_and_leaves_with_two(
    warmed: Warmed, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    (tmp_path / "wrong.toml").write_text(TREE.replace(*change))
    done = warmed.run("run", "wrong.toml", "--headless", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"tunetop: wrong.toml: {said}")
    assert done.stderr.count("\n") == 1


def test_every_shipped_preset_is_good_and_has_its_four_methods() -> None:
    for path in sorted(SHIPPED.glob("*.toml")):
        problem = load_problem(load(path))
        names = [method.name for method in problem.preset.methods]
        bayes = problem.preset.methods[-1]
        assert (bayes.kind, bayes.options.trials, bayes.options.seed) == ("bayes", 40, 42)
        assert names[:2] == ["grid", "random"]
        assert all(method.race is None for method in problem.preset.methods)


def test_overrides_and_seeds_reach_their_methods(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(TREE)
    preset = load(tmp_path / "small.toml", {"method.random.trials": 5, "score.folds": 4}, seed=9)
    random = next(method for method in preset.methods if method.name == "random")
    assert (random.options.trials, random.options.seed) == (5, 9)
    assert preset.score.folds == 4
    again = parse(preset.text, "small.toml")
    assert again.digest == preset.digest
    # the order of the hyperparameters decides which points a search draws
    names = ["max_depth", "min_impurity_decrease", "criterion"]
    assert [dimension.name for dimension in again.space.dimensions] == names
    assert again.plans() == preset.plans()
    with pytest.raises(PresetError, match="'rondom'"):
        load(tmp_path / "small.toml", {"method.rondom.trials": 5})


def test_a_name_that_is_no_preset_is_told_which_there_are() -> None:
    with pytest.raises(UsageError, match=r"titanic_logistc: no such preset.*Did you mean titanic_logistic"):
        find("titanic_logistc")


def test_a_table_where_a_preset_belongs_is_shown_the_way(tmp_path: Path) -> None:
    (tmp_path / "churn.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=r"is a table, not a preset. 'tunetop init .*churn\.csv'"):
        find(str(tmp_path / "churn.csv"))


# -- whatever is written, the answer is a preset or a PresetError ------------------------------------------------------

SCALARS: Any = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["grid", "random", "bayes", "halving", "sklearn:iris", "csv:x", "accuracy", "\x00", "\x1b[2J"]),
)
VALUES: Any = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)
WORDS = (
    "title data model space score method stop source test_size stratify seed estimator params prepare scoring folds "
    "timeout kind trials draws iterations start open name race alpha candidates factor resource log linear choices "
    "grid steps integer ordered max_depth criterion score seconds no_improvement"
)
KEYS = st.sampled_from(WORDS.split())


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        found += places(value, (*path, key))
    return found


def answered(text: str) -> None:
    try:
        parse(text, "made.toml")
    except PresetError as error:
        said = str(error)
    else:
        return
    assert is_harmless(said)
    assert "\n" not in said
    assert said.startswith("made.toml: ")


@given(st.data())
def test_a_preset_with_anything_put_anywhere_is_taken_or_explained(data: st.DataObject) -> None:
    import tomllib

    document = tomllib.loads(TREE)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(document)))
        place: Any = document
        for key in path[:-1]:
            place = place[key]
        action = data.draw(st.sampled_from(["replace", "remove", "add"]))
        if action == "remove":
            del place[path[-1]]
        elif action == "add" and isinstance(place[path[-1]], dict):
            place[path[-1]][data.draw(KEYS)] = data.draw(VALUES)
        else:
            place[path[-1]] = data.draw(VALUES)
    try:
        text = tomli_w.dumps(document)
    except (ValueError, TypeError):
        return  # not to be written as TOML at all
    answered(text)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_document_is_taken_or_explained(document: dict[str, Any]) -> None:
    answered(tomli_w.dumps(document))


@given(st.text(max_size=200))
def test_any_text_is_taken_or_explained(text: str) -> None:
    answered(text)


@given(st.dictionaries(st.text("abcdefghijklmnop_. ", max_size=20), SCALARS, max_size=3))
def test_any_override_is_taken_or_explained(overrides: dict[str, Any]) -> None:
    try:
        parse(TREE, "made.toml", {f"method.{key}": value for key, value in overrides.items()} | overrides)
    except PresetError as error:
        said = str(error)
    else:
        return
    assert is_harmless(said)
