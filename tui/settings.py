"""Settings that are remembered: a small TOML file in the user's configuration folder.

The file is the person's: it may be edited by hand, is checked when read, and is never overwritten while something in
it is not understood.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ..engine.text import clean

Name = Annotated[str, msgspec.Meta(max_length=200)]


LOCAL = "local"
"""What is said instead of a cluster's address for this machine."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is remembered between sessions; everything has a default."""

    theme: Literal["dark", "light", "high-contrast", "colour-blind"] = "dark"
    mouse: bool = True
    bell: bool = False
    """Ring the terminal's bell when a run ends."""
    notify: bool = False
    """Have the terminal show a desktop notification (OSC 9) when a run ends."""
    cluster: Name = ""
    """The address of the cluster that runs are done on unless something else is said; empty: this machine."""
    view: Name = ""
    """The view shown last in the monitor; empty: the first."""
    sort: Name = ""
    """The column that trials are sorted by; empty: the newest first."""
    reverse: bool = False
    follow: Literal["newest", "best", "none"] = "newest"
    hidden_columns: list[Name] = []
    """What the trial table leaves out, by the keys of `trials.fields`: std, `param:` with a hyperparameter's name, …"""


def address_of(cluster: str) -> str:
    """Return a cluster's address as runs take it: a file by its whole path, for processes that start elsewhere."""
    kind, colon, path = cluster.partition(":")
    if kind == "file" and path:
        return f"{kind}{colon}{Path(path).expanduser().absolute()}"
    return "" if cluster == LOCAL else cluster


def settings_path() -> Path:
    """Return the settings' file: in TUNETOP_CONFIG_DIR, or else the platform's folder for a user's configuration."""
    if chosen := os.environ.get("TUNETOP_CONFIG_DIR"):
        return Path(chosen).expanduser() / "settings.toml"
    import platformdirs

    return platformdirs.user_config_path("tunetop", appauthor=False) / "settings.toml"


class SettingsFile:
    """The settings and the file that they live in.

    `problem` says what is wrong with the file (empty: nothing is); while there is a problem the defaults hold and
    nothing is written over it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or settings_path()
        self.problem = ""
        self.settings = self._read()

    def _read(self) -> Settings:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return Settings()
        except OSError as error:
            self.problem = f"cannot be read: {error.strerror}"
            return Settings()
        try:
            return msgspec.convert(tomllib.loads(text.decode("utf-8")), Settings)
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
            self.problem = f"not TOML: {clean(error, 120)}"
        except msgspec.ValidationError as error:
            self.problem = clean(error, 160)
        return Settings()

    @property
    def cluster(self) -> str:
        """The address of the cluster to run on, "" for this machine; a scheduler's file by its whole path."""
        return address_of(self.settings.cluster)

    @property
    def notice(self) -> str:
        """What to tell the person about the file; empty when all is well."""
        if not self.problem:
            return ""
        return f"Settings are at their defaults: {clean(self.path)} {self.problem}. Mend or remove the file."

    def change(self, **values: object) -> bool:
        """Take new values and write them; return False where the file could not or must not be written."""
        before = self.settings
        fields = {**{name: getattr(before, name) for name in Settings.__struct_fields__}, **values}
        self.settings = msgspec.convert(fields, Settings)
        if self.problem:
            return False
        if self.settings == before:
            return True
        from ..engine.files import write_atomically

        try:
            import tomli_w

            document = msgspec.to_builtins(self.settings)
            write_atomically(self.path, tomli_w.dumps(document), force=True)
        except OSError as error:
            self.problem = f"cannot be written: {error.strerror}"
            return False
        return True
