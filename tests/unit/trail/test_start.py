"""The first checkpoint of a trail, in order, and completed after an interruption."""

import errno
from pathlib import Path

import pytest

from beacon_audit.errors import TrailError, TrailUnavailable
from beacon_audit.trail import start_trail
from harness.faulty_storage import FaultyStorage
from harness.promises import assert_sound
from harness.trail import NEXT_SIGNER, SIGNER


def test_the_checkpoint_of_the_empty_log_is_signed_and_logged(tmp_path: Path) -> None:
    start_trail(tmp_path, SIGNER)

    assert assert_sound(tmp_path, [SIGNER.verifier]) == []
    assert (tmp_path / "checkpoint").read_text("utf-8").split("\n")[:3] == [
        SIGNER.verifier.name,
        "0",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    ]


def test_the_log_of_checkpoints_is_durable_before_the_checkpoint_is_there(tmp_path: Path) -> None:
    storage = FaultyStorage()
    start_trail(tmp_path, SIGNER, storage)

    assert storage.operations[:6] == ["remove", "create", "sync_directory", "write", "sync_data", "status"]
    assert storage.operations[-2:] == ["replace", "sync_directory"]
    assert storage.held == 0


@pytest.mark.parametrize("error", [errno.EIO, None])
def test_a_beginning_that_was_interrupted_anywhere_is_completed(tmp_path: Path, error: int | None) -> None:
    failures = 0
    for fail_at in range(30):
        directory = tmp_path / f"{fail_at}"
        directory.mkdir()
        storage = FaultyStorage(fail_at, error)
        try:
            start_trail(directory, SIGNER, storage)
        except (OSError, TrailUnavailable):
            failures += 1
            assert storage.late == []
            assert storage.held == 0
            if not (directory / "checkpoint").exists():
                start_trail(directory, SIGNER)
        assert assert_sound(directory, [SIGNER.verifier]) == []
    assert failures == (2 if error is None else 17)


@pytest.mark.parametrize("name", ["checkpoint", "tile", "notes.txt", ".state/journal-00000000000000000000.wal"])
def test_nothing_is_begun_where_something_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    with pytest.raises(TrailError, match=f"{name}: expected an empty directory to begin a trail in"):
        start_trail(tmp_path, SIGNER)


def test_the_beginning_of_another_trail_is_not_completed(tmp_path: Path) -> None:
    start_trail(tmp_path, NEXT_SIGNER)
    (tmp_path / "checkpoint").unlink()
    with pytest.raises(TrailError, match=r"checkpoints\.log: expected an empty directory"):
        start_trail(tmp_path, SIGNER)
