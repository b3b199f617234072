import os

import pytest
from tunetop.tui.settings import Settings, SettingsFile, settings_path


def test_without_a_file_the_defaults_hold_and_there_is_no_notice(tmp_path):
    file = SettingsFile(tmp_path / "settings.toml")
    assert file.settings == Settings()
    assert file.notice == ""
    assert not (tmp_path / "settings.toml").exists()


def test_what_was_changed_is_there_the_next_time(tmp_path):
    path = tmp_path / "deep" / "settings.toml"
    assert SettingsFile(path).change(theme="light", mouse=False, hidden_columns=["param:alpha", "std"])
    again = SettingsFile(path)
    assert again.settings == Settings(theme="light", mouse=False, hidden_columns=["param:alpha", "std"])
    assert oct(path.stat().st_mode & 0o777) == "0o600"


def test_only_what_differs_from_the_defaults_is_written(tmp_path):
    path = tmp_path / "settings.toml"
    SettingsFile(path).change(view="heatmap")
    assert path.read_text() == 'view = "heatmap"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('theme = "sepia"', "theme"),
        ("thme = 'dark'", "thme"),
        ("mouse = 3", "mouse"),
        ("theme = [", "not TOML"),
        ("\udcff", "not TOML"),
    ],
)
def test_a_broken_file_means_defaults_with_a_notice_and_is_never_overwritten(tmp_path, text, told):
    path = tmp_path / "settings.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = path.read_bytes()
    file = SettingsFile(path)
    assert file.settings == Settings()
    assert told in file.notice
    assert str(path) in file.notice
    assert not file.change(theme="light")
    assert file.settings.theme == "light"
    assert path.read_bytes() == before


def test_hostile_text_in_the_file_is_harmless_in_the_notice(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('"\\u001b[31m[/b]" = 1')
    assert "\x1b" not in SettingsFile(path).notice


def test_a_folder_that_cannot_be_written_is_a_problem_and_no_crash(tmp_path):
    (tmp_path / "file").write_text("")
    file = SettingsFile(tmp_path / "file" / "settings.toml")
    assert not file.change(theme="light")
    assert "cannot be" in file.problem


def test_the_environment_says_where_the_file_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("TUNETOP_CONFIG_DIR", str(tmp_path))
    assert settings_path() == tmp_path / "settings.toml"
    monkeypatch.delenv("TUNETOP_CONFIG_DIR")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    if os.name == "posix":
        assert settings_path().name == "settings.toml"
