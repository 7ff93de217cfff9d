"""A symbolic link, or anything else, in the place of a directory of the trail: nothing behind it is touched."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.errors import TrailCorrupt, TrailUnavailable
from beacon_audit.trail import build_payload
from beacon_audit.trail.storage import Storage
from beacon_audit.trail.verify import verify_trail
from harness.quick_storage import QuickStorage
from harness.trail import SIGNER, MakeFields, Trail

DIRECTORIES = ["trail/.state/new", "payloads/.new", "trail/tile/entries/000.p", "trail/tile/0", "trail/tile"]


def redirect(trail: Trail, name: str, elsewhere: Path) -> None:
    """Let the directory be a link to one with the same files, and with others."""
    path = trail.home / name
    shutil.move(path, elsewhere)
    (elsewhere / "important.txt").write_bytes(b"kept")
    for number in ("0", "1", "255", "57"):
        if not (elsewhere / number).exists():
            (elsewhere / number).write_bytes(b"kept")
    path.symlink_to(elsewhere)


def everything(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", DIRECTORIES)
def test_a_start_refuses_a_link_in_place_of_a_directory_and_deletes_nothing(
    published: Trail, tmp_path: Path, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    redirect(published, name, elsewhere)
    before = everything(elsewhere)

    with pytest.raises(TrailCorrupt, match=f"{name}: expected a directory, found a symbolic link"):
        published.open(QuickStorage())

    assert everything(elsewhere) == before


@pytest.mark.parametrize("name", DIRECTORIES)
def test_verify_reports_it(published: Trail, tmp_path: Path, name: str) -> None:
    redirect(published, name, tmp_path / "elsewhere")

    verdict = verify_trail(
        published.directory, SIGNER.verifier, anchors=[], payloads=published.payloads, progress=lambda *_: None
    )

    assert verdict.verdict in ("tampered", "incomplete")
    assert name.removeprefix("trail/") in {problem.file for problem in verdict.problems}


@pytest.mark.parametrize("kind", [os.mkfifo, Path.touch])
def test_verify_reports_anything_else_in_the_place_where_payload_files_are_made(
    published: Trail, kind: Callable[[Path], None]
) -> None:
    shutil.rmtree(published.payloads / ".new")
    kind(published.payloads / ".new")

    verdict = verify_trail(
        published.directory, SIGNER.verifier, anchors=[], payloads=published.payloads, progress=lambda *_: None
    )

    assert [(problem.code, problem.file) for problem in verdict.problems] == [("surplus-payload", "payloads/.new")]


@pytest.mark.parametrize("directory", ["trail/.state/new", "payloads/.new"])
def test_what_nobody_makes_there_is_left_alone_and_reported(published: Trail, directory: str) -> None:
    path = published.home / directory / "notes.txt"
    path.write_bytes(b"kept")
    published.open(QuickStorage()).close()

    assert path.read_bytes() == b"kept"
    verdict = verify_trail(
        published.directory, SIGNER.verifier, anchors=[], payloads=published.payloads, progress=lambda *_: None
    )
    assert [problem.file for problem in verdict.problems] == [f"{directory.removeprefix('trail/')}/notes.txt"]


@pytest.mark.parametrize("name", ["trail/.state/new", "payloads/.new", "trail/tile/entries/000.p", "trail/tile/0"])
def test_a_link_that_comes_while_a_writer_is_at_work_stops_it_and_nothing_is_written_behind_it(
    published: Trail, make_fields: MakeFields, tmp_path: Path, name: str
) -> None:
    writer = published.open(QuickStorage())
    elsewhere = tmp_path / "elsewhere"
    redirect(published, name, elsewhere)
    before = everything(elsewhere)
    payload = build_payload({"n": "x"}, bytes(32), name="x.json.zst", date="2025-10-01")

    writer.submit(make_fields(payload=payload.reference), payload).result(10)
    with pytest.raises(TrailUnavailable):
        writer.publish()

    assert "expected a directory" in str(writer.poisoned)
    assert everything(elsewhere) == before


def test_a_link_in_place_of_partial_files_is_not_cleared_when_they_become_full(
    published: Trail, make_fields: MakeFields, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    before: list[dict[str, bytes]] = []

    class Switching(QuickStorage):
        """Makes the link when the full bundle has been signed, and the partial ones are about to go."""

        def replace(self, source: Path, target: Path) -> None:
            super().replace(source, target)
            if target.name == "checkpoint" and (published.directory / "tile/entries/000").exists() and not before:
                redirect(published, "trail/tile/entries/000.p", elsewhere)
                before.append(everything(elsewhere))

    writer = published.open(Switching())
    for number in range(253):
        future = writer.submit(make_fields(identity=f"more-{number}"))
    future.result(10)
    with pytest.raises(TrailUnavailable):
        writer.publish()

    assert "000.p: expected a directory, found a symbolic link" in str(writer.poisoned)
    assert before == [everything(elsewhere)]


def test_a_link_to_a_directory_is_no_directory_for_storage(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")

    assert Storage().make_directory(tmp_path / "there") is False
    with pytest.raises(NotADirectoryError, match="expected a directory"):
        Storage().make_directory(tmp_path / "link")
    with pytest.raises(OSError, match=r"link"):
        Storage().sync_directory(tmp_path / "link")
