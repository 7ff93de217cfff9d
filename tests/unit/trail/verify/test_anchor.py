"""What counts as an anchor in a file, and what does not."""

import json

import pytest

from beacon_audit.errors import UsageError
from beacon_audit.trail.verify import read_anchors
from harness.specimen import SIZE, Specimen


def stdout_line(note: bytes) -> bytes:
    return json.dumps({"event": "checkpoint", "size": 1, "checkpoint": note.decode()}).encode() + b"\n"


def test_signed_note_is_an_anchor(specimen: Specimen) -> None:
    assert read_anchors(specimen.anchor, "file") == [specimen.anchor]


def test_lines_of_the_log_of_checkpoints_are_anchors(specimen: Specimen) -> None:
    data = (specimen.trail / "checkpoints.log").read_bytes()
    assert read_anchors(data, "file") == list(specimen.notes)


def test_what_the_proxy_prints_has_anchors_among_other_lines(specimen: Specimen) -> None:
    first, last = specimen.notes[1], specimen.notes[-1]
    data = b"".join(
        [b'{"event":"ready","proxy":"127.0.0.1:1"}\n', b"some text\n", b"\xff\n", stdout_line(first), stdout_line(last)]
    )
    assert read_anchors(data + stdout_line(last), "file") == [first, last]
    assert specimen.verify(*read_anchors(data, "file")).anchored_size == SIZE


@pytest.mark.parametrize("data", [b"", b"\n", b"text\n", b'{"event":"ready"}\n', b"[" * 100_000, b"\x00" * 1000])
def test_file_without_a_checkpoint_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="file: expected a signed checkpoint"):
        read_anchors(data, "file")


def test_damaged_checkpoint_is_refused_with_its_line(specimen: Specimen) -> None:
    data = stdout_line(specimen.notes[0]) + stdout_line(specimen.anchor[:-10])
    with pytest.raises(UsageError, match="file:2: expected a signed checkpoint"):
        read_anchors(data, "file")


@pytest.mark.parametrize("cut", [70, 100, -1, -2])
def test_line_that_was_cut_is_refused_and_not_passed_over(specimen: Specimen, cut: int) -> None:
    whole = stdout_line(specimen.notes[1])
    lines = (specimen.trail / "checkpoints.log").read_bytes().splitlines(keepends=True)
    for line in (stdout_line(specimen.anchor)[:-1], b"2026-01-02T10:00:00Z stdout F " + whole[:-1], lines[-1][:-1]):
        for data in (whole + line[:cut], line[:cut] + b"\n" + whole):
            with pytest.raises(UsageError, match="expected a signed checkpoint"):
                read_anchors(data, "file")


def test_line_in_an_object_of_somebody_else_is_refused_and_not_passed_over(specimen: Specimen) -> None:
    """As container engines and log shippers wrap lines, once or twice."""
    data = stdout_line(specimen.notes[1])
    wrapped = json.dumps({"log": stdout_line(specimen.anchor).decode(), "stream": "stdout"})
    for line in (wrapped, json.dumps({"message": wrapped})):
        with pytest.raises(UsageError, match="file:2: expected a signed checkpoint, came something else; cut, wrapped"):
            read_anchors(data + line.encode() + b"\n", "file")
    other = json.dumps({"log": '{"event":"ready","vkey":"beacon-audit/0123456789abcdef+01234567+AAAA"}\n'})
    assert read_anchors(data + other.encode() + b"\n", "file") == [specimen.notes[1]]


def test_checkpoint_event_without_its_note_is_refused(specimen: Specimen) -> None:
    data = stdout_line(specimen.anchor) + b'{"event":"checkpoint","origin":"beacon-audit/x","size":7}\n'
    with pytest.raises(UsageError, match="file:2: expected a signed checkpoint"):
        read_anchors(data, "file")


def test_lone_surrogate_is_refused() -> None:
    with pytest.raises(UsageError):
        read_anchors(b'"\\ud800"\n', "file")


def test_all_anchors_must_agree(specimen: Specimen) -> None:
    verdict = specimen.verify(*specimen.notes)
    assert (verdict.verdict, verdict.anchors, verdict.anchored_size) == ("ok", len(specimen.notes), SIZE)


def test_anchor_of_the_empty_log_proves_nothing(specimen: Specimen) -> None:
    verdict = specimen.verify(specimen.notes[0])
    assert (verdict.verdict, verdict.anchored_size) == ("unanchored", 0)
