"""``create_home`` makes a private home, completes a half-made one, and never replaces a key."""

import os
import shutil
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from beacon_audit.errors import HomeError
from beacon_audit.home import Home, create_home, open_home
from beacon_audit.trail.note import parse_vkey
from harness.interruption import Interruption
from harness.promises import assert_sound

HOSTS = ("beacon.langchain.com",)


def private_parts(home: Home) -> dict[Path, int]:
    paths = (*home.directories, *home.private_files)
    return {path: stat.S_IMODE(path.stat().st_mode) for path in paths}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_everything_private_is_closed_to_others_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        home = create_home(tmp_path / "home", HOSTS)
    finally:
        os.umask(before)
    for path, mode in private_parts(home).items():
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_second_init_changes_nothing(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    files = (*home.private_files, *home.public_files)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    create_home(tmp_path / "home", HOSTS)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files} == before


@pytest.mark.parametrize("name", ["ca/ca.crt", "keys/trail.vkey"])
def test_lost_public_file_is_made_again_from_its_private_half(tmp_path: Path, name: str) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    before = (home.path / name).read_bytes()
    (home.path / name).unlink()
    create_home(tmp_path / "home", HOSTS)
    assert (home.path / name).read_bytes() == before


@pytest.mark.parametrize("name", ["ca/ca.pem", "keys/trail.key"])
def test_lost_private_file_is_not_replaced_while_its_public_half_is_in_use(tmp_path: Path, name: str) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    (home.path / name).unlink()
    with pytest.raises(HomeError, match=f"{name}: missing, but .* is there; restore it"):
        create_home(tmp_path / "home", HOSTS)
    assert not (home.path / name).exists()


def test_nobody_is_told_to_delete_the_public_key_of_a_trail(tmp_path: Path) -> None:
    """It would not help: the trail has begun. And without it nobody could check what is there."""
    home = create_home(tmp_path / "home", HOSTS)
    home.trail_key.unlink()
    with pytest.raises(HomeError, match=r"restore it from a backup$"):
        create_home(tmp_path / "home", HOSTS)


def test_lost_token_key_is_not_replaced_once_the_trail_has_begun(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    home.tokens_key.unlink()
    with pytest.raises(HomeError, match=r"tokens\.key: missing, but the trail has begun"):
        create_home(tmp_path / "home", HOSTS)


def test_removed_trail_is_not_silently_begun_anew(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    shutil.rmtree(home.trail)
    with pytest.raises(HomeError, match="trail: missing, though this home was complete"):
        create_home(tmp_path / "home", HOSTS)


@pytest.mark.parametrize("state", ["kept", "emptied", "removed"])
def test_emptied_trail_is_not_silently_begun_anew(tmp_path: Path, state: str) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    for path in home.trail.iterdir():
        if path.is_file():
            path.unlink()
        elif state != "kept":
            shutil.rmtree(path)
    if state == "emptied":
        (home.trail / ".state").mkdir()
    with pytest.raises(HomeError, match="checkpoint: missing, though this home was complete; restore the trail"):
        create_home(tmp_path / "home", HOSTS)


@pytest.mark.parametrize("also", [(), ("trail.vkey",), ("trail.vkey", "tokens.key"), ("tokens.key",)])
@pytest.mark.parametrize("whole", [False, True])
def test_key_that_has_signed_a_log_begins_no_other(tmp_path: Path, also: tuple[str, ...], whole: bool) -> None:
    """Two logs of one origin, and of one key, could not be told apart but by an anchor."""
    home = create_home(tmp_path / "home", HOSTS)
    shutil.rmtree(home.trail)
    if not whole:
        home.trail.mkdir(mode=0o700)
    for name in also:
        (home.keys / name).unlink()
    with pytest.raises(HomeError, match="missing, though this home was complete"):
        create_home(tmp_path / "home", HOSTS)
    assert list(home.trail.parent.glob("trail/*")) == []
    assert home.trail.exists() is not whole


def test_private_key_has_its_name_once_the_trail_has_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[list[str]] = []

    def fail(directory: Path, signer: object) -> None:
        begun.append(sorted(path.name for path in (directory.parent / "keys").iterdir()))
        raise OSError(5, "Input/output error", str(directory))

    monkeypatch.setattr("beacon_audit.trail.start.start_trail", fail)
    with pytest.raises(HomeError, match="Input/output error"):
        create_home(tmp_path / "home", HOSTS)
    monkeypatch.undo()

    assert begun == [["tokens.key", "trail.key.first"]]
    first = (tmp_path / "home/keys/trail.key.first").read_bytes()
    assert create_home(tmp_path / "home", HOSTS).trail_key.read_bytes() == first
    assert not (tmp_path / "home/keys/trail.key.first").exists()


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints.log"])
def test_lost_file_of_the_trail_is_not_made_again(tmp_path: Path, name: str) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    (home.trail / name).unlink()
    with suppress(HomeError):
        create_home(tmp_path / "home", HOSTS)
    assert not (home.trail / name).exists()


def test_new_home_has_a_trail_that_says_that_it_is_empty(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", HOSTS)

    assert assert_sound(home.trail, [parse_vkey(home.trail_vkey.read_text().strip())]) == []


@pytest.mark.parametrize("name", ["ca/ca.pem", "keys/trail.key", "keys/tokens.key"])
def test_damaged_private_file_is_named_without_its_content(tmp_path: Path, name: str) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    (home.path / name).write_text("not-a-key-but-perhaps-secret")
    with pytest.raises(HomeError, match=name) as raised:
        create_home(tmp_path / "home", HOSTS)
    assert "perhaps-secret" not in str(raised.value)


def test_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    other = create_home(tmp_path / "other", HOSTS)
    home.ca_certificate.write_bytes(other.ca_certificate.read_bytes())
    with pytest.raises(HomeError, match=r"ca\.crt: does not belong to"):
        create_home(tmp_path / "home", HOSTS)


def test_authority_that_cannot_sign_for_the_contract_is_refused(tmp_path: Path) -> None:
    create_home(tmp_path / "home", HOSTS)
    with pytest.raises(HomeError, match=r"may not sign for beacon\.internal\.example"):
        create_home(tmp_path / "home", ("beacon.internal.example",))


def test_home_left_by_an_init_that_was_interrupted_anywhere_is_completed(scratch: Path) -> None:
    interrupted = 0
    for at in range(1000):
        path = scratch / f"{at}"
        interruption = Interruption(at, "error")
        try:
            with interruption():
                create_home(path, HOSTS)
        except HomeError:
            interrupted += 1
        home = create_home(path, HOSTS)
        assert open_home(path) == home
        assert len(home.token_key()) == 32
        assert assert_sound(home.trail, [parse_vkey(home.trail_vkey.read_text().strip())]) == []
        assert [file.name for file in path.rglob("*") if file.name.endswith(".new")] == []
        if not interruption.reached:
            break
    assert interrupted > 50


def test_home_left_by_a_killed_init_is_completed(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", HOSTS)
    for path in (home.ca_certificate, home.trail_vkey):
        path.unlink()
    (home.keys / ".trail.vkey.new").write_text("half")
    completed = create_home(tmp_path / "home", HOSTS)
    assert len(completed.token_key()) == 32
    assert not (home.keys / ".trail.vkey.new").exists()


def test_directory_with_foreign_content_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "letter.txt").write_text("hello")
    with pytest.raises(HomeError, match="expected a new or empty directory"):
        create_home(tmp_path, HOSTS)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_empty_directory_is_taken_and_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "lost+found").mkdir()
    create_home(tmp_path, HOSTS)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_place_where_no_directory_can_be_made_is_a_home_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="cannot be made"):
        create_home(tmp_path / "file" / "home", HOSTS)


def test_inits_at_the_same_time_make_one_home(tmp_path: Path) -> None:
    keys: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: keys.append(create_home(tmp_path / "home", HOSTS).token_key()))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 6
    assert set(keys) == {open_home(tmp_path / "home").token_key()}
