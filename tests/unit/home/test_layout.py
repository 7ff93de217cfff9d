"""``open_home`` accepts only a complete home that nobody else can read."""

import os
from pathlib import Path

import pytest

from beacon_audit.errors import HomeError
from beacon_audit.home import Home, create_home, open_home

HOSTS = ("beacon.langchain.com",)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", HOSTS)


def test_missing_home_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"no instance here; run: beacon-audit init --home .*/nowhere"):
        open_home(tmp_path / "nowhere")


def test_incomplete_home_names_everything_it_lacks(home: Home) -> None:
    home.ca_certificate.unlink()
    home.trail_key.unlink()
    with pytest.raises(HomeError, match=r"lacks keys/trail\.key, ca/ca\.crt; restore .* beacon-audit init"):
        open_home(home.path)


@pytest.mark.parametrize("name", ["ca/ca.pem", "keys/trail.key", "keys/tokens.key"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_key_that_others_could_read_or_write_is_refused(home: Home, name: str, mode: int) -> None:
    (home.path / name).chmod(mode)
    with pytest.raises(HomeError, match=f"mode is {mode:04o}, expected 0600, .*; run: chmod 0600 .*{name}"):
        open_home(home.path)


@pytest.mark.parametrize("name", [".", "ca", "keys", "trail", "payloads"])
def test_directory_open_to_others_is_refused(home: Home, name: str) -> None:
    (home.path / name).chmod(0o750)
    with pytest.raises(HomeError, match=r"mode is 0750, expected 0700, .*; run: chmod 0700"):
        open_home(home.path)


def test_every_wrong_mode_is_reported_at_once(home: Home) -> None:
    home.keys.chmod(0o755)
    home.trail_key.chmod(0o644)
    with pytest.raises(HomeError) as raised:
        open_home(home.path)
    assert len(str(raised.value).splitlines()) == 2


def test_key_behind_a_symbolic_link_is_refused(home: Home, tmp_path: Path) -> None:
    home.tokens_key.rename(tmp_path / "elsewhere")
    home.tokens_key.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HomeError, match=r"tokens\.key: expected a regular file"):
        open_home(home.path)


def test_home_may_be_named_by_a_symbolic_link(home: Home, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(home.path)
    assert open_home(tmp_path / "link") == home


def test_files_of_another_user_are_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:
        os.chown(home.trail_key, 4242, -1)
        monkeypatch.setattr(os, "geteuid", lambda: 4343)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4343)
    with pytest.raises(HomeError, match=r"belongs to user .* expected 4343; run: chown 4343"):
        open_home(home.path)


@pytest.mark.parametrize("content", ["", "00", "zz" * 32, "00" * 33, "é" * 64])
def test_token_key_of_another_form_is_refused(home: Home, content: str) -> None:
    home.tokens_key.write_text(content, "utf-8")
    with pytest.raises(HomeError, match=r"tokens\.key: expected one line of 64 hex digits"):
        home.token_key()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["ca/ca.crt", "keys/trail.vkey", "keys/trail.key", "keys/tokens.key", "ca/ca.pem"])
def test_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(home: Home, name: str) -> None:
    (home.path / name).unlink()
    os.mkfifo(home.path / name, 0o600)
    for use in (open_home, lambda path: create_home(path, HOSTS)):
        with pytest.raises(HomeError, match=f"{name}: expected a regular file"):
            use(home.path)
