"""Deleting payload files: on the record first, then for good, and finished if it was interrupted."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard

from beacon_audit.errors import TrailUnavailable
from beacon_audit.trail import TrailWriter, build_payload
from beacon_audit.trail.prune import Pruned, expired_days, prune
from harness.faulty_storage import FaultyStorage
from harness.held_storage import HeldStorage
from harness.promises import assert_not_called_tampered, assert_sound
from harness.quick_storage import QuickStorage
from harness.trail import SIGNER, MakeFields, Trail

MARK = "a body that is to be gone"
SALT = bytes(range(100, 132))


def record(trail: Trail, writer: TrailWriter, name: str, *, body: str = MARK, kind: str = "refusal") -> None:
    """A record of today with a payload file."""
    payload = build_payload({"text": body}, SALT, name=f"{name}.json.zst", date=trail.time[:10])
    fields = {"type": kind, "id": name, "time": trail.time, "payload": payload.reference}
    writer.submit(fields, payload).result(10)


def delete(trail: Trail, writer: TrailWriter, before: str, storage: QuickStorage | None = None) -> Pruned:
    return prune(
        writer, trail.payloads, before=before, by="somebody", reason="a test", new_id=trail.new_id,
        now=lambda: trail.time, storage=storage or QuickStorage(),
    )  # fmt: skip


def holding(home: Path, mark: bytes) -> list[Path]:
    """Files of ``home`` with ``mark`` in them, as it stands or in a zstd frame."""
    return [path for path in home.rglob("*") if path.is_file() and mark in _revealed(path.read_bytes())]


def _revealed(data: bytes) -> bytes:
    frames = data.split(b"\x28\xb5\x2f\xfd")[1:]
    decompressor = zstandard.ZstdDecompressor()
    found = [data]
    for frame in frames:
        try:
            found.append(decompressor.decompressobj().decompress(b"\x28\xb5\x2f\xfd" + frame))
        except zstandard.ZstdError:
            continue
    return b"".join(found)


@pytest.fixture
def filled(trail: Trail) -> Trail:
    """Three days, each with files in a trail that goes on."""
    writer = trail.open(QuickStorage())
    for day in (1, 2, 3):
        trail.time = f"2025-10-0{day}T12:00:00Z"
        for number in range(3):
            record(trail, writer, f"{day}-{number}", body=MARK if day < 3 else "today")
    writer.publish()
    return trail


def test_files_before_the_day_are_deleted_and_an_entry_says_so(filled: Trail) -> None:
    writer = filled.opened[-1]

    assert delete(filled, writer, "2025-10-03") == Pruned(6, 2, 9)
    entry = filled.entries()[9]
    assert (entry["type"], entry["before"], entry["files"]) == ("prune", "2025-10-03", 6)
    assert (entry["by"], entry["reason"]) == ("somebody", "a test")
    assert sorted(path.name for path in filled.payloads.iterdir() if path.name != ".new") == ["2025-10-03"]
    assert len(list((filled.payloads / "2025-10-03").iterdir())) == 3
    assert len(assert_sound(filled.directory, [SIGNER.verifier])) == 10
    assert_not_called_tampered(filled.home, SIGNER.verifier, [writer.checkpoint])


def test_the_entry_is_published_before_the_first_file_is_deleted(filled: Trail) -> None:
    published: list[str] = []

    class Watching(QuickStorage):
        def remove(self, path: Path) -> None:
            published.append((filled.directory / "checkpoint").read_text("utf-8").split("\n")[1])
            super().remove(path)

    delete(filled, filled.opened[-1], "2025-10-03", Watching())

    assert published == ["10"] * 6


def test_nothing_is_deleted_when_it_cannot_be_recorded(filled: Trail) -> None:
    filled.opened[-1].close()
    with pytest.raises(TrailUnavailable):
        delete(filled, filled.opened[-1], "2025-10-03")

    assert len(list(filled.payloads.rglob("*.zst"))) == 9


def test_where_nothing_is_to_be_deleted_nothing_is_recorded(filled: Trail) -> None:
    assert delete(filled, filled.opened[-1], "2025-10-01") == Pruned(0, 0, None)
    assert "prune" not in filled.types()


@pytest.mark.parametrize("before", ["", "2025-10-3", "2025-10-03\n", "../..", "9999-99-99x"])
def test_a_day_that_is_none_is_refused(filled: Trail, before: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        delete(filled, filled.opened[-1], before)


def test_only_directories_that_are_days_expire(tmp_path: Path) -> None:
    for name in ("2025-10-01", "2025-10-02", "2025-10-03", ".new", "0000", "notes"):
        (tmp_path / name).mkdir()

    assert [path.name for path in expired_days(tmp_path, "2025-10-03")] == ["2025-10-01", "2025-10-02"]
    assert expired_days(tmp_path / "nowhere", "2025-10-03") == []


def prunes(trail: Trail) -> list[object]:
    return [entry["files"] for entry in trail.entries() if entry["type"] == "prune"]


def test_a_directory_among_the_files_keeps_none_of_them_and_is_recorded_once(filled: Trail) -> None:
    """Whoever can make one could else stop all deletion, and let the log grow every hour."""
    foreign = filled.payloads / "2025-10-01" / "a"
    (foreign / "inside").mkdir(parents=True)
    (filled.payloads / "2025-10-02" / "zzz").mkdir()
    for _ in range(3):
        with pytest.raises(OSError, match=f"expected payload files, found a directory; move it away: '{foreign}'"):
            delete(filled, filled.opened[-1], "2025-10-03")

    assert prunes(filled) == [6]
    assert holding(filled.home, MARK.encode()) == []
    assert (foreign / "inside").is_dir()
    foreign.joinpath("inside").rmdir()
    foreign.rmdir()
    (filled.payloads / "2025-10-02" / "zzz").rmdir()
    assert delete(filled, filled.opened[-1], "2025-10-03") == Pruned(0, 0, None)
    assert expired_days(filled.payloads, "2025-10-03") == []
    assert prunes(filled) == [6]


def test_a_pipe_among_the_files_is_deleted_like_one(filled: Trail) -> None:
    os.mkfifo(filled.payloads / "2025-10-01" / "a")

    assert delete(filled, filled.opened[-1], "2025-10-03") == Pruned(7, 2, 9)
    assert expired_days(filled.payloads, "2025-10-03") == []


@pytest.mark.parametrize("stubborn", ["2025-10-01", "2025-10-01/1-0.json.zst"])
def test_what_cannot_be_deleted_keeps_nothing_else(
    filled: Trail, monkeypatch: pytest.MonkeyPatch, stubborn: str
) -> None:
    """Somebody made it immutable, or unreadable: no reason to keep other bodies for ever."""
    listed, kept = Path.iterdir, filled.payloads / stubborn

    def refuse(path: Path) -> Iterator[Path]:
        if path == kept:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    class Refusing(QuickStorage):
        def remove(self, path: Path) -> None:
            if path == kept:
                raise PermissionError(errno.EPERM, "Operation not permitted", str(path))
            super().remove(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "iterdir", refuse)
        with pytest.raises(PermissionError, match=str(kept)):
            delete(filled, filled.opened[-1], "2025-10-03", Refusing())

    left = [path for path in filled.payloads.glob("2*/*") if path.parent.name < "2025-10-03"]
    assert left == [path for path in left if path.is_relative_to(kept)]
    assert left
    delete(filled, filled.opened[-1], "2025-10-03")
    assert holding(filled.home, MARK.encode()) == []


def test_a_deletion_that_was_interrupted_anywhere_is_finished_by_the_next(filled: Trail) -> None:
    writer = filled.opened[-1]
    interrupted = 0
    for fail_at in range(30):
        storage = FaultyStorage(fail_at, errno.EIO)
        for day, name in ((1, "a"), (2, "b")):
            filled.time = f"2025-10-0{day}T12:00:00Z"
            record(filled, writer, f"{fail_at}-{name}")
        writer.publish()
        filled.time = "2025-10-03T12:00:00Z"
        try:
            delete(filled, writer, "2025-10-03", storage)
        except OSError:
            interrupted += 1
            delete(filled, writer, "2025-10-03")
        assert storage.late == []
        assert expired_days(filled.payloads, "2025-10-03") == []
        assert holding(filled.payloads, MARK.encode()) == []
    writer.close()

    assert interrupted == 7
    assert_not_called_tampered(filled.home, SIGNER.verifier, [])


def test_bodies_and_salts_are_in_no_file_any_more_not_even_in_the_journal(filled: Trail) -> None:
    writer = filled.opened[-1]
    assert holding(filled.home, MARK.encode())
    filled.time = "2025-10-04T00:00:00Z"

    delete(filled, writer, "2025-10-04")

    assert holding(filled.home, MARK.encode()) == []
    assert holding(filled.home, SALT.hex().encode()) == []


def test_bodies_and_salts_are_gone_although_an_older_exchange_is_still_open(filled: Trail) -> None:
    """How long an exchange is open is the client's choice."""
    writer = filled.opened[-1]
    filled.time = "2025-10-03T13:00:00Z"
    record(filled, writer, "slow", body="today", kind="intent")
    filled.time = "2025-10-04T00:00:00Z"
    record(filled, writer, "4-0")

    filled.time = "2025-10-05T00:00:00Z"
    delete(filled, writer, "2025-10-05")

    assert holding(filled.home, MARK.encode()) == []
    assert holding(filled.home, SALT.hex().encode()) == []
    writer.close()
    filled.open(QuickStorage()).close()
    assert filled.types()[-3:] == ["prune", "recovered", "outcome"]
    assert filled.entries()[-1]["id"] == "slow"


def test_the_journal_lets_go_of_bodies_that_were_recorded_today_under_an_older_day(trail: Trail) -> None:
    """The day turns between the record and its commit: it lies in a segment of the new day."""
    writer = trail.open(QuickStorage())
    trail.time = "2025-10-02T00:00:00Z"
    payload = build_payload({"text": MARK}, SALT, name="1.json.zst", date="2025-10-01")
    writer.submit({"type": "refusal", "id": "1", "time": trail.time, "payload": payload.reference}, payload).result(10)
    assert holding(trail.home, SALT.hex().encode())

    delete(trail, writer, "2025-10-02")

    assert holding(trail.home, SALT.hex().encode()) == []


def crashed(trail: Trail) -> None:
    """Leave a body of the first of October in the journal, and another half written."""
    storage = HeldStorage()
    trail.publish_s = 3600
    trail.time = "2025-10-01T12:00:00Z"
    writer = trail.open(storage)
    hold = storage.hold("replace", "2025-10-01")
    record(trail, writer, "1", kind="intent")
    hold.wait()
    hold.let_go(errno.EIO)
    with pytest.raises(TrailUnavailable):
        writer.publish()
    writer.close()
    assert {path.parent.name for path in holding(trail.home, SALT.hex().encode())} == {".state", ".new"}


def test_what_a_crash_left_in_the_journal_is_deleted_with_its_day(trail: Trail) -> None:
    crashed(trail)
    trail.time = "2025-10-02T12:00:00Z"
    writer = trail.open(QuickStorage())

    assert delete(trail, writer, "2025-10-02").files == 1
    writer.close()
    assert holding(trail.home, SALT.hex().encode()) == []
    assert trail.types() == ["intent", "recovered", "outcome", "prune"]
    assert_not_called_tampered(trail.home, SIGNER.verifier, [])


def test_files_are_not_written_again_after_a_crash_that_follows(filled: Trail, make_fields: MakeFields) -> None:
    writer = filled.opened[-1]
    delete(filled, writer, "2025-10-03")
    writer.submit(make_fields("intent", "open")).result(10)
    writer.close()

    filled.open(QuickStorage()).publish()

    assert expired_days(filled.payloads, "2025-10-03") == []


def test_a_link_in_place_of_a_file_is_deleted_and_not_followed(filled: Trail, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_bytes(b"kept")
    (filled.payloads / "2025-10-01" / "link").symlink_to(target)

    delete(filled, filled.opened[-1], "2025-10-03")

    assert target.read_bytes() == b"kept"


def test_a_link_in_place_of_a_day_is_not_followed(filled: Trail, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_bytes(b"kept")
    (filled.payloads / "2025-09-30").symlink_to(elsewhere)

    delete(filled, filled.opened[-1], "2025-10-03")

    assert (elsewhere / "kept").read_bytes() == b"kept"
