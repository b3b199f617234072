"""Studies on real servers, PostgreSQL and MariaDB, where they are installed; and passwords, which are shown nowhere."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import optuna
import pytest
from dask_cluster import free_port
from running import wait_until
from tunetop.engine.errors import UsageError
from tunetop.engine.sources.address import Address
from tunetop.engine.sources.find import source_of
from tunetop.engine.sources.optuna_storage import StorageStudy
from tunetop.engine.state import RunState

PASSWORD = "s3cret/@ 5:word"


class Server(NamedTuple):
    """A server that runs: who may write, who may only read, and what has no studies."""

    writer: str
    reader: str
    empty: str


def tool(name: str, *more: str) -> str:
    """Return a program's path; skip the test where it is not installed."""
    places = [*os.environ.get("PATH", "").split(os.pathsep), "/usr/sbin", *more]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give a folder of the user that servers run as, for they refuse root."""
    folder = Path(tempfile.mkdtemp(prefix="served-", dir="/tmp"))
    somebody: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        somebody = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    yield folder, {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **somebody}
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["PostgreSQL", "MariaDB"])
def server(request: pytest.FixtureRequest, place: tuple[Path, dict[str, Any]]) -> Iterator[Server]:
    start = {"PostgreSQL": start_postgresql, "MariaDB": start_mariadb}[request.param]
    process, made = start(*place)
    try:
        yield made
    finally:
        # at once, whoever is still connected
        process.send_signal(signal.SIGQUIT)
        process.wait(300)


def start_postgresql(folder: Path, how: dict[str, Any]) -> tuple[subprocess.Popen[bytes], Server]:
    psycopg2 = pytest.importorskip("psycopg2", reason="psycopg2 is not installed: pip install psycopg2-binary")
    versions = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")))
    begin, serve = tool("initdb", *versions), tool("postgres", *versions)
    subprocess.run([begin, "-D", folder / "pg", "-U", "boss", "-A", "trust", "--no-sync"], check=True, **how)
    (folder / "pg" / "pg_hba.conf").write_text("host all boss all trust\nhost all all all scram-sha-256\n")
    port = free_port()
    words = [serve, "-D", folder / "pg", "-p", str(port), "-k", folder, "-h", "127.0.0.1", "-c", "fsync=off"]
    process = subprocess.Popen(words, **how)

    def sql(database: str, *lines: str) -> bool:
        try:
            connection = psycopg2.connect(host="127.0.0.1", port=port, user="boss", dbname=database)
        except psycopg2.OperationalError:
            return False
        connection.autocommit = True
        for line in lines:
            connection.cursor().execute(line)
        connection.close()
        return True

    wait_until(lambda: sql("postgres"))
    sql("postgres", "CREATE DATABASE kept", "CREATE DATABASE void", f"CREATE ROLE looker LOGIN PASSWORD '{PASSWORD}'")
    sql("kept", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO looker")
    at, looker = f"127.0.0.1:{port}", f"looker:{quote(PASSWORD, safe='')}"
    kind = "postgresql+psycopg2"
    made = Server(f"{kind}://boss@{at}/kept", f"{kind}://{looker}@{at}/kept", f"{kind}://{looker}@{at}/void")
    return process, made


def start_mariadb(folder: Path, how: dict[str, Any]) -> tuple[subprocess.Popen[bytes], Server]:
    pymysql = pytest.importorskip("pymysql", reason="PyMySQL is not installed: pip install pymysql")
    begin, serve = tool("mariadb-install-db"), tool("mariadbd")
    data, port = f"--datadir={folder / 'my'}", free_port()
    subprocess.run(
        [begin, "--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, **how
    )
    words = [serve, "--no-defaults", data, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 'my.s'}"]
    process = subprocess.Popen([*words, f"--pid-file={folder / 'my.pid'}", "--innodb-flush-log-at-trx-commit=0"], **how)

    def sql(*lines: str) -> bool:
        try:
            connection = pymysql.connect(host="127.0.0.1", port=port, user="root")
        except pymysql.OperationalError:
            return False
        for line in lines:
            connection.cursor().execute(line)
        connection.close()
        return True

    wait_until(sql)
    sql(
        "CREATE DATABASE kept", "CREATE DATABASE void", f"CREATE USER looker@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
        f"CREATE USER looker@localhost IDENTIFIED BY '{PASSWORD}'", "GRANT SELECT ON kept.* TO looker@'127.0.0.1'",
        "GRANT SELECT ON kept.* TO looker@localhost", "GRANT SELECT ON void.* TO looker@'127.0.0.1'",
        "GRANT SELECT ON void.* TO looker@localhost",
    )  # fmt: skip
    at, looker = f"127.0.0.1:{port}", f"looker:{quote(PASSWORD, safe='')}"
    kind = "mysql+pymysql"
    return process, Server(f"{kind}://root@{at}/kept", f"{kind}://{looker}@{at}/kept", f"{kind}://{looker}@{at}/void")


def objective(trial: optuna.Trial) -> float:
    x, kind = trial.suggest_float("x", 1e-3, 1.0, log=True), trial.suggest_categorical("kind", ["a", "b"])
    trial.set_user_attr("epochs", trial.number)
    for step in range(3):
        trial.report(x * step, step)
    if trial.number == 2:
        raise optuna.TrialPruned
    if trial.number == 3:
        raise RuntimeError("no luck")
    return x + (kind == "b")


def fold(source: Any, state: RunState) -> RunState:
    source._looked = -1e9
    state.apply_all(source.poll(5.0))
    assert not source.trouble
    return state


def test_a_study_on_a_server_is_read_by_whoever_may_only_read_it(server: Server, tmp_path: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study = optuna.create_study(storage=server.writer, study_name="served", direction="minimize")
    study.optimize(objective, n_trials=6, catch=RuntimeError)
    source, state = source_of(server.reader), RunState()
    fold(source, state)
    running = study.ask()
    running.suggest_float("x", 1e-3, 1.0, log=True)
    fold(source, state)
    trial = state.trial(("study", 6))
    assert trial is not None
    assert trial.params == {"x": running.params["x"]}
    study.tell(running, 0.25)
    fold(source, state)
    names = {"COMPLETE": "done", "PRUNED": "raced", "FAIL": "failed"}
    for own in study.trials:
        told = state.trial(("study", own.number))
        assert told is not None
        assert told.phase == names[own.state.name]
        assert told.params == own.params
        assert state.own(told.mean) == own.value or own.value is None
        assert [step for step, _ in told.steps or ()] == sorted(own.intermediate_values)
    with pytest.raises(UsageError, match="is a database, but holds no studies of Optuna"):
        source_of(server.empty)
    # nobody learns of the password: not on the screen, not in what is kept, not in `ps`, not from a mistake
    hidden = {PASSWORD, quote(PASSWORD, safe="")}
    command = [sys.executable, "-m", "tunetop", "watch", server.reader]
    kept = [*command, "--headless", "--record", "--runs-dir", tmp_path / "runs"]
    process = subprocess.Popen(kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = []
    while not lines or "number=6 " not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr
    shown = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode()
    process.terminate()
    rest = process.communicate(timeout=300)
    files = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert any(path.name == "journal.jsonl" for path in files)
    seen = ["".join(lines), *rest, shown, *(path.read_text(errors="replace") for path in files)]
    wrong = server.reader.replace("looker", "boss2", 1)
    done = subprocess.run([*command[:-1], wrong, "--json"], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    seen.append(done.stderr)
    assert not [text for text in seen for secret in hidden if secret in text]
    assert "127.0.0.1" in lines[0] + done.stderr


# -- without a server ------------------------------------------------------------------------------------------------


def test_what_is_read_through_optuna_is_as_optuna_has_it(tmp_path: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study = optuna.create_study(storage=f"sqlite:///{tmp_path / 's.db'}", study_name="plain")
    study.optimize(objective, n_trials=4, catch=RuntimeError)
    source, state = StorageStudy(f"sqlite:///{tmp_path / 's.db'}"), RunState()
    fold(source, state)
    assert [state.own(trial.mean) for trial in state.trials if trial.phase == "done"] == [
        trial.value for trial in study.trials if trial.state.name == "COMPLETE"
    ]
    source.writer.enqueue({"x": 0.5, "kind": "b"})
    source._looked = 0.0
    fold(source, state)
    assert (state.trials[-1].phase, state.trials[-1].params) == ("waiting", {"x": 0.5, "kind": "b"})
    study.optimize(objective, n_trials=1)
    source._looked = 0.0
    fold(source, state)
    assert (state.trials[-1].phase, state.waiting_trials) == ("done", 0)
    assert study.trials[-1].params == {"x": 0.5, "kind": "b"}
    (tmp_path / "void.db").touch()
    with pytest.raises(UsageError, match="holds no studies of Optuna"):
        StorageStudy(f"sqlite:///{tmp_path / 'void.db'}")
    assert (tmp_path / "void.db").read_bytes() == b""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:hunter2@host:5432/db", "postgresql://host:5432/db"),
        ("postgresql+psycopg2://me:hun@ter2:x@host/db", "postgresql+psycopg2://host/db"),
        ("mysql://me:hunter2%40@host/db?charset=utf8", "mysql://host/db?charset=utf8"),
        ("postgresql://host/db?user=me&password=hunter2&sslmode=on", "postgresql://host/db?user=me&password=***&sslmode=on"),
        ("postgresql://me@host/db", "postgresql://host/db"),
        ("grpc://host:13000", "grpc://host:13000"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    address = Address(url)
    assert address.shown == shown
    said = address.said(RuntimeError(f"cannot reach {url} (as {' '.join(address.secrets)})"))
    assert "hun" not in said
    assert "ter2" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("postgres://me:hunter2@host/db", "found 'postgres://host/db'; allowed: "),
        ("sqlite://me:hunter2@host/db", "found 'sqlite://host/db'; allowed: sqlite:///FILE"),
        ("postgres:/me:hunter2@host/db", "there is no postgres:/host/db; allowed: "),
        ("s3://me:hunter2@bucket/exp", "s3://bucket/exp is not on this machine, and only files of this one"),
        ("file:///nowhere/exp", "there is no /nowhere/exp; allowed: "),
        ("redis://me:hunter2@host:6379", "redis://host:6379: snapshots in Redis are pickles, which are not opened"),
        ("sqlite:///:memory:", "a study in memory is nowhere to be read; watch its program instead: tunetop watch -- "),
        ("sqlite://", "a study in memory is nowhere to be read"),
        (":memory:", "a study in memory is nowhere to be read"),
        ("postgresql+nosuch://me:hunter2@host/db", "postgresql+nosuch://host/db: "),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_without_a_password(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        source_of(text)
    assert said in str(error.value)
    assert "hunter2" not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.skipif(sys.platform != "linux", reason="arguments are hidden on Linux alone")
def test_a_secret_is_hidden_from_ps() -> None:
    script = (
        "import sys\nfrom tunetop.tui.cli.own_arguments import hide\nhide(['hunter2', 'gone'])\n"
        "import json; print(json.dumps([open('/proc/self/cmdline').read().split('\\0')[2:-1], sys.argv]))"
    )
    words = ["watch", "postgresql://me:hunter2@host/hunter2", "--of", "3"]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
    shown, own = json.loads(done.stdout)
    assert shown[1:] == ["watch", "postgresql://me:*******@host/*******", "--of", "3"]
    assert own[1:] == words
