"""Opening the trail of a home, and giving it another key: whatever interrupts that, one key is in force and there."""

import os
import shutil
import warnings
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from beacon_audit.errors import HomeError, TrailError, TrailLocked
from beacon_audit.home import Home, create_home, open_home, open_trail_writer, rotate_trail_key
from beacon_audit.home.trail_key import create_trail_key
from beacon_audit.trail import read_trail
from beacon_audit.trail.note import Signer, VerifierKey, parse_vkey
from harness.interruption import Interruption, killed_at
from harness.promises import assert_not_called_tampered, assert_sound

HOSTS = ("beacon.langchain.com",)

_numbers = count()


def new_id() -> str:
    return f"id-{next(_numbers)}"


def now() -> str:
    return "2025-10-02T00:00:00Z"


def rotate(home: Home) -> str:
    return rotate_trail_key(home, reason="a test", new_id=new_id, now=now)


def key_of(home: Home) -> VerifierKey:
    return parse_vkey(home.trail_vkey.read_text("ascii").strip())


def types(home: Home) -> list[object]:
    return [entry["type"] for entry in read_trail(home.trail)]


def assert_whole(home: Home, first: VerifierKey) -> VerifierKey:
    """The home opens, and its keys and its trail agree; the key in force."""
    open_home(home.path)
    open_trail_writer(home, new_id=new_id, now=now).close()
    open_home(home.path)
    create_home(home.path, HOSTS)
    assert not home.next_trail_key.exists()
    in_force = key_of(home)
    assert Signer.load(home.trail_key.read_bytes(), first.name).vkey == in_force.vkey
    changes = [(entry["old"], entry["new"]) for entry in read_trail(home.trail) if entry["type"] == "key-change"]
    assert changes == ([] if in_force == first else [(first.vkey, in_force.vkey)])
    # Also that the newest checkpoint is signed by the key in force, and each before it by its own.
    assert_sound(home.trail, [first, in_force])
    for key in (first, in_force):
        assert_not_called_tampered(home.path, key, [])
    return in_force


def test_a_trail_is_opened_with_the_key_of_its_home(home: Home) -> None:
    seen: list[bytes] = []
    writer = open_trail_writer(home, new_id=new_id, now=now, on_checkpoint=seen.append)
    writer.submit({"type": "close", "id": "1", "time": now()}).result(10)
    writer.close()

    assert writer.vkey == key_of(home).vkey
    assert seen == [(home.trail / "checkpoint").read_bytes()]
    assert len(assert_sound(home.trail, [key_of(home)])) == 1


def test_a_new_key_signs_after_the_change_and_the_old_one_is_gone(home: Home) -> None:
    first, private = key_of(home), home.trail_key.read_bytes()

    vkey = rotate(home)

    assert vkey == key_of(home).vkey != first.vkey
    assert key_of(home).name == first.name
    assert types(home) == ["key-change"]
    assert assert_whole(home, first).vkey == vkey
    key = private.splitlines()[1]
    assert [path for path in home.path.rglob("*") if path.is_file() and key in path.read_bytes()] == []


def test_keys_can_be_changed_again_and_again(home: Home) -> None:
    keys = [key_of(home)]
    for _ in range(3):
        rotate(home)
        keys.append(key_of(home))

    assert len({key.public for key in keys}) == 4
    assert len(assert_sound(home.trail, keys)) == 3


def test_a_home_with_changed_keys_is_left_alone_by_init(home: Home) -> None:
    rotate(home)
    before = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    create_home(home.path, HOSTS)

    assert {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()} == before


def test_a_lost_public_line_is_made_again_after_a_change_of_keys(home: Home) -> None:
    rotate(home)
    line = home.trail_vkey.read_bytes()
    home.trail_vkey.unlink()
    create_home(home.path, HOSTS)

    assert home.trail_vkey.read_bytes() == line


def test_keys_are_not_changed_while_somebody_writes(home: Home) -> None:
    writer = open_trail_writer(home, new_id=new_id, now=now)
    with pytest.raises(TrailLocked):
        rotate(home)
    writer.submit({"type": "close", "id": "1", "time": now()}).result(10)
    writer.close()

    assert not home.next_trail_key.exists()
    assert types(home) == ["close"]


def test_somebody_who_opens_the_trail_while_keys_are_changed_takes_no_key_away(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He would forget a next key of which the trail knows nothing, and nobody would have it once the trail does."""
    first = key_of(home)

    def create_slowly() -> bytes:
        private = create_trail_key()
        open_trail_writer(home, new_id=new_id, now=now).close()
        return private

    monkeypatch.setattr("beacon_audit.home.trail_key.create_trail_key", create_slowly)
    real = os.rename

    def open_meanwhile(source: Path, target: Path) -> None:
        real(source, target)
        if target == home.next_trail_key:
            with pytest.raises(TrailLocked):
                open_trail_writer(home, new_id=new_id, now=now)

    monkeypatch.setattr(os, "rename", open_meanwhile)
    rotate(home)

    assert assert_whole(home, first) != first


def _raises(home: Home, at: int) -> bool:
    interruption = Interruption(at, "error")
    try:
        with interruption():
            rotate(home)
    except (OSError, TrailError, HomeError):
        assert interruption.reached
    return interruption.reached


def _is_killed(home: Home, at: int) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests are none of the child's business
        return killed_at(at, lambda: rotate(home))


@pytest.mark.parametrize("interrupted", [_raises, _is_killed])
def test_a_change_of_keys_that_is_interrupted_anywhere_leaves_one_key_in_force(
    made_home: Home, scratch: Path, interrupted: Callable[[Home, int], bool]
) -> None:
    first = key_of(made_home)
    outcomes: list[bool] = []
    for at in range(1000):
        home = Home(Path(shutil.copytree(made_home.path, scratch / f"{at}")))
        if not interrupted(home, at):
            break
        create_home(home.path, HOSTS)  # `init` is in nobody's way, before or after

        outcomes.append(assert_whole(home, first) != first)

        if at % 10 == 0:
            rotate(home)
            assert types(home).count("key-change") == outcomes[-1] + 1
        shutil.rmtree(home.path)

    assert len(outcomes) > 60
    # First the old key is in force, whatever happens, and from one operation on the new one.
    assert True in outcomes
    assert False in outcomes


def test_a_next_key_of_which_the_trail_knows_nothing_is_forgotten(home: Home) -> None:
    first = key_of(home)
    home.next_trail_key.write_bytes(create_trail_key())
    home.next_trail_key.chmod(0o600)

    assert assert_whole(home, first) == first


@pytest.mark.parametrize("name", ["trail_key", "next_trail_key"])
def test_a_key_that_is_none_is_named_without_its_content(home: Home, name: str) -> None:
    path: Path = getattr(home, name)
    path.write_text("perhaps-secret")
    with pytest.raises(HomeError, match=f"{path.name}: expected an Ed25519 private key") as caught:
        open_trail_writer(home, new_id=new_id, now=now)
    assert "perhaps-secret" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_next_key_that_others_could_read_or_write_is_refused(home: Home, mode: int) -> None:
    home.next_trail_key.write_bytes(create_trail_key())
    home.next_trail_key.chmod(mode)
    with pytest.raises(HomeError, match=r"trail\.key\.next"):
        open_home(home.path)


def test_a_public_line_that_is_none_is_refused(home: Home) -> None:
    home.trail_vkey.write_text("nothing of the kind")
    with pytest.raises(HomeError, match=r"trail\.vkey: expected a vkey line"):
        open_trail_writer(home, new_id=new_id, now=now)


def test_a_trail_of_another_key_is_not_continued(home: Home) -> None:
    home.trail_key.write_bytes(create_trail_key())
    with pytest.raises(TrailError, match="not signed by the key of this home"):
        open_trail_writer(home, new_id=new_id, now=now)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["trail_vkey", "trail_key"])
def test_a_pipe_in_the_place_of_a_key_is_not_waited_for(home: Home, name: str) -> None:
    path: Path = getattr(home, name)
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(TrailError, match=f"{path.name}: expected a regular file, found a named pipe"):
        open_trail_writer(home, new_id=new_id, now=now)


@pytest.mark.timeout(60)
def test_init_does_not_wait_for_a_pipe_in_the_place_of_the_checkpoint(home: Home) -> None:
    (home.trail / "checkpoint").unlink()
    os.mkfifo(home.trail / "checkpoint")
    with pytest.raises(HomeError, match="checkpoint: expected a regular file, found a named pipe"):
        create_home(home.path, HOSTS)
