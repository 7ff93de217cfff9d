"""Reading what is published. What is refused there, and when a writer starts, is in test_refused_starts."""

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.published import published_size, read_published, whole_lines
from harness.quick_storage import QuickStorage
from harness.trail import NEXT_SIGNER, SIGNER, MakeFields, Trail


@pytest.fixture
def grown(trail: Trail, make_fields: MakeFields) -> Trail:
    writer = trail.open(QuickStorage())
    for number in range(300):
        writer.submit(make_fields(identity=str(number)))
    writer.close()
    return trail


def test_the_newest_checkpoint_and_the_right_edge_are_read(grown: Trail) -> None:
    published = read_published(grown.directory, [NEXT_SIGNER, SIGNER])

    assert published.checkpoint.size == 300
    assert published.note == (grown.directory / "checkpoint").read_bytes()
    assert published.frontier.root() == published.checkpoint.root
    assert len(published.bundle) == 300 - 256
    assert published.signer is SIGNER
    assert not published.behind
    assert (published.log_bytes, published.torn) == ((grown.directory / "checkpoints.log").stat().st_size, 0)
    assert published_size(grown.directory) == 300


def test_only_the_end_of_a_long_log_of_checkpoints_is_read(grown: Trail) -> None:
    log = grown.directory / "checkpoints.log"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] * 5000 + b"".join(lines[1:]) + b'"torn')

    published = read_published(grown.directory, [SIGNER])

    assert published.note == (grown.directory / "checkpoint").read_bytes()
    assert published.torn == 5
    assert published.log_bytes == log.stat().st_size - 5


@pytest.mark.parametrize("content", [b"", b"\n", b"one\n2\n", b"\xff" * 100])
def test_a_checkpoint_that_is_none_has_no_size(grown: Trail, content: bytes) -> None:
    (grown.directory / "checkpoint").write_bytes(content)
    with pytest.raises(TrailCorrupt):
        published_size(grown.directory)


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"", 0),
        (b"\n", 1),
        (b"one", 0),
        (b"one\n", 4),
        (b"one\ntwo", 4),
        (b"one\ntwo\n", 8),
        (b"one\n\0\0\0\0", 4),
        (b"one\n\0\0\0\n", 4),
        (b"one\nt\0o\n", 4),
        (b"\0\0\0\n", 0),
        # Only the last line can be torn.
        (b"o\0e\ntwo\n", 8),
    ],
)
def test_a_line_with_blocks_that_never_reached_the_disk_is_not_whole(data: bytes, whole: int) -> None:
    assert whole_lines(data) == whole
