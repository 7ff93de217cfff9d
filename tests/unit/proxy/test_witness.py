"""One witness is asked as C2SP tlog-witness says, and believed only when its cosignature is right.

Vectors: requests of litewitness's tests, which show that the simulated witness is as strict as a real one.
"""

import base64
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from beacon_audit.errors import UsageError
from beacon_audit.policy import WitnessServer
from beacon_audit.proxy.witness import NoCosignature, Witness
from beacon_audit.trail import TrailWriter
from beacon_audit.trail.cosignature import cosigned_at, parse_witness_key
from beacon_audit.trail.note import Note, parse_note, signed_by
from harness import witness_faults as faults
from harness.trail import SIGNER, Trail
from harness.witness import Misbehaviour, SimulatedWitness

ORIGIN = SIGNER.verifier.name


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    home = tmp_path / "home"
    for directory in (home, home / "trail", home / "payloads"):
        directory.mkdir()
    trail = Trail(home)
    yield trail
    for writer in trail.opened:
        writer.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SimulatedWitness]:
    with SimulatedWitness(tmp_path / "witness.json", {ORIGIN: SIGNER.verifier.public}) as server:
        yield server


def grown(writer: TrailWriter, entries: int) -> bytes:
    """The checkpoint after so many more entries."""
    fields = {"type": "refusal", "id": "one", "time": "2025-10-01T00:00:00Z"}
    for submitted in [writer.submit(fields) for _ in range(entries)]:
        size = submitted.result().index + 1
        while size_of(writer.checkpoint) < size:
            writer.publish()
    return writer.checkpoint


def size_of(note: bytes) -> int:
    return int(note.split(b"\n")[1])


def asked(server: SimulatedWitness, trail: Trail, timeout_s: float = 5.0) -> Witness:
    context = ssl.create_default_context()
    return Witness(WitnessServer(server.url, server.vkey), trail.directory, context, timeout_s=timeout_s)


def sizes(server: SimulatedWitness) -> list[tuple[int, int]]:
    """The old and the new size of every request."""
    found = [request.split(b"\n\n") for request in server.requests]
    return [(int(head.split(b"\n")[0].removeprefix(b"old ")), int(note.split(b"\n")[1])) for head, note, *_ in found]


# --- the simulated witness ------------------------------------------------------------------------------------------

LITEWITNESS_ORIGIN = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
LITEWITNESS_KEY = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")


def litewitness(old: int, proof: list[str], size: int, root: str, signature: str) -> bytes:
    head = "".join(f"{line}\n" for line in (f"old {old}", *proof))
    origin = LITEWITNESS_ORIGIN
    return f"{head}\n{origin}\n{size}\n{root}\n\n— {origin} {signature}\n".encode()


ONE = litewitness(
    0, [], 1, "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=",
)  # fmt: skip
THREE = litewitness(
    1, ["KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    3, "RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=",
    "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=",
)  # fmt: skip
FIVE = litewitness(
    1,
    ["KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=",
     "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    5, "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=",
    "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=",
)  # fmt: skip


def test_simulated_witness_answers_what_litewitness_answers(tmp_path: Path) -> None:
    with SimulatedWitness(tmp_path / "state", {LITEWITNESS_ORIGIN: LITEWITNESS_KEY}) as server:
        assert server.answer(FIVE).status == 409
        first = server.answer(ONE)
        assert first.status == 200
        note = Note(ONE.partition(b"\n\n")[2].decode().partition("\n\n")[0] + "\n", ())
        assert signed_by(parse_note(f"{note.text}\n".encode() + first.body), parse_witness_key(server.vkey))
        assert server.answer(FIVE).status == 200
        late = server.answer(THREE)
        assert (late.status, late.content_type, late.body) == (409, "text/x.tlog.size", b"5\n")
        assert server.cosigned(LITEWITNESS_ORIGIN) == 5


@pytest.mark.parametrize(
    ("request_body", "status"),
    [
        (FIVE.replace(b"old 1", b"old 01"), 400),
        (FIVE.replace(b"old 1", b"old 6"), 400),
        (FIVE.replace(b"\n\n", b"\n", 1), 400),
        (FIVE.replace(b"KgQAAAAA", b"KgQAAAA"), 400),
        (FIVE.replace(b"KgQAAAAA", b"KgUAAAAA"), 422),
        (FIVE.replace(b"KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", b""), 422),
        (FIVE.replace(b"\n5\n", b"\n6\n"), 403),
        (FIVE.replace(b" UgIo", b" AgIo"), 403),
        (FIVE.replace(LITEWITNESS_ORIGIN.encode(), b"other.example"), 404),
        (ONE.replace(b"old 0", b"old 0\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), 422),
    ],
)
def test_simulated_witness_is_strict(request_body: bytes, status: int, tmp_path: Path) -> None:
    with SimulatedWitness(tmp_path / "state", {LITEWITNESS_ORIGIN: LITEWITNESS_KEY}) as server:
        if b"old 0" not in request_body:
            assert server.answer(ONE).status == 200
        before = server.cosigned(LITEWITNESS_ORIGIN)
        assert server.answer(request_body).status == status
        assert server.cosigned(LITEWITNESS_ORIGIN) == before


# --- a witness that does what it should -----------------------------------------------------------------------------


def test_every_checkpoint_of_a_growing_log_is_cosigned(trail: Trail, server: SimulatedWitness) -> None:
    writer = trail.open()
    witness = asked(server, trail)
    last = 0
    for more in (0, 1, 1, 2, 3, 248, 1, 1, 255, 300, 7):  # over the ends of tiles
        note = grown(writer, more)
        cosignature = witness.cosign(note)
        assert signed_by(Note(parse_note(note).text, (cosignature,)), witness.key)
        size = size_of(note)
        assert sizes(server)[-1] == (last, size)
        last = size
    assert (last, server.connections, len(server.requests)) == (819, 1, 11)


def test_request_holds_the_checkpoint_and_hashes_and_nothing_of_an_entry(
    trail: Trail, server: SimulatedWitness
) -> None:
    writer = trail.open()
    witness = asked(server, trail)
    witness.cosign(grown(writer, 3))
    writer.submit({"type": "refusal", "id": "one", "time": "2025-10-01T00:00:00Z", "path": faults.MARK}).result()
    note = grown(writer, 1)
    witness.cosign(note)
    head, _, sent_note = server.requests[-1].partition(b"\n\n")
    assert sent_note == note
    old, *hashes = head.decode().split("\n")
    assert old == "old 3"
    assert all(len(base64.b64decode(line, validate=True)) == 32 for line in hashes)
    assert not any(faults.MARK.encode() in request for request in server.requests)
    assert set(server.heads[-1]) == {"Host", "Accept-Encoding", "Content-Length"}


def test_size_that_was_forgotten_is_learned_from_the_conflict(trail: Trail, server: SimulatedWitness) -> None:
    writer = trail.open()
    asked(server, trail).cosign(grown(writer, 5))
    after_restart = asked(server, trail)
    after_restart.cosign(grown(writer, 4))
    after_restart.cosign(grown(writer, 1))
    assert sizes(server) == [(0, 5), (0, 9), (5, 9), (9, 10)]


def test_checkpoint_that_was_cosigned_is_cosigned_again(trail: Trail, server: SimulatedWitness) -> None:
    note = grown(trail.open(), 5)
    witness = asked(server, trail)
    assert cosigned_at(witness.cosign(note)) <= cosigned_at(witness.cosign(note))
    assert sizes(server) == [(0, 5), (5, 5)]


def test_answer_that_got_lost_is_made_up_for(trail: Trail, server: SimulatedWitness) -> None:
    writer = trail.open()
    note = grown(writer, 5)
    witness = asked(server, trail, timeout_s=2.0)
    server.misbehaviour = faults.slow(4.0)
    with pytest.raises(NoCosignature, match="it did not answer in time"):
        witness.cosign(note)
    server.misbehaviour = None
    witness.cosign(grown(writer, 1))
    assert server.cosigned(ORIGIN) == 6


def test_checkpoint_from_before_its_partial_tiles_were_deleted_is_proven(
    trail: Trail, server: SimulatedWitness
) -> None:
    writer = trail.open()
    witness = asked(server, trail)
    witness.cosign(grown(writer, 100))
    note = grown(writer, 100)
    grown(writer, 100)
    while (trail.directory / "tile/0/000.p").exists():  # they are deleted after the checkpoint is there
        time.sleep(0.005)
    witness.cosign(note)
    assert sizes(server) == [(0, 100), (100, 200)]


# --- a witness that does not ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (faults.wrong_signature, "does not fit the text"),
        (faults.no_time, "expected the time of its signature"),
        (faults.nothing, "signed note: expected"),
        (faults.garbage, "control character"),
        (faults.page, "signed note: expected"),
        (faults.moved_text, "empty line"),
        (faults.huge, "at most 65536 bytes"),
        (faults.endless_head, "expected an HTTP answer"),
        (faults.not_http, "expected an HTTP answer"),
        (faults.cut_short, "expected an HTTP answer"),
        (faults.aborted, "closed connection"),
        (faults.dripping, "it did not answer in time"),
        (faults.redirect("http://127.0.0.1:1/"), r"a redirect \(status 307\)"),
        (faults.status(400), r"does not understand the request \(status 400\)"),
        (faults.status(403), r"does not have this log's key.*\(status 403\)"),
        (faults.status(404), r"does not know this log.*\(status 404\)"),
        (faults.status(429), r"expected status 200 \(status 429\)"),
        (faults.status(500), r"expected status 200 \(status 500\)"),
        (faults.status(204), r"expected status 200 \(status 204\)"),
        (faults.conflict("3"), r"\(status 409\)"),
        (faults.conflict("3", "text/plain"), "another media type"),
        (faults.conflict("03"), "expected a decimal number"),
        (faults.conflict("-1"), "expected a decimal number"),
        (faults.conflict(faults.MARK), "expected a decimal number"),
    ],
)  # fmt: skip
def test_what_is_not_a_cosignature_is_refused_and_not_repeated(
    fault: Misbehaviour, message: str, trail: Trail, server: SimulatedWitness
) -> None:
    note = grown(trail.open(), 5)
    witness = asked(server, trail, timeout_s=2.0 if fault is faults.dripping else 30.0)
    server.misbehaviour = fault
    with pytest.raises(NoCosignature, match=message) as caught:
        witness.cosign(note)
    assert faults.MARK not in str(caught.value)
    assert not caught.value.grave
    assert len(server.requests) <= 2
    server.misbehaviour = None
    assert signed_by(Note(parse_note(note).text, (witness.cosign(note),)), witness.key), "and it goes on"


def test_cosignature_of_an_older_checkpoint_is_refused(trail: Trail, server: SimulatedWitness) -> None:
    writer = trail.open()
    witness = asked(server, trail)
    witness.cosign(grown(writer, 1))
    server.misbehaviour = faults.stale
    with pytest.raises(NoCosignature, match="does not fit the text"):
        witness.cosign(grown(writer, 1))


def test_nobody_answers(trail: Trail, server: SimulatedWitness) -> None:
    note = grown(trail.open(), 1)
    context = ssl.create_default_context()
    witness = Witness(WitnessServer("http://127.0.0.1:1", server.vkey), trail.directory, context)
    with pytest.raises(NoCosignature, match="refused"):
        witness.cosign(note)


def test_key_of_another_witness_is_not_enough(trail: Trail, server: SimulatedWitness, tmp_path: Path) -> None:
    note = grown(trail.open(), 1)
    with SimulatedWitness(tmp_path / "other", {}) as other:
        settings = WitnessServer(server.url, other.vkey)
    with pytest.raises(NoCosignature, match="expected a signature line of the configured key"):
        Witness(settings, trail.directory, ssl.create_default_context()).cosign(note)


def test_key_that_is_not_one_of_a_witness_is_refused_at_the_start(trail: Trail) -> None:
    with pytest.raises(UsageError, match="expected one of a witness"):
        Witness(WitnessServer("http://127.0.0.1:1", SIGNER.vkey), trail.directory, ssl.create_default_context())


# --- a log that is not what it was ----------------------------------------------------------------------------------


def another_log(tmp_path: Path, entries: int) -> tuple[Trail, bytes]:
    """A second history, signed by the same key."""
    home = tmp_path / "another"
    for directory in (home, home / "trail", home / "payloads"):
        directory.mkdir()
    trail = Trail(home)
    writer = trail.open()
    writer.submit({"type": "refusal", "id": "another", "time": "2025-10-01T00:00:00Z"}).result()
    note = grown(writer, entries)
    writer.close()
    return trail, note


def test_log_that_was_rolled_back_is_found_out(trail: Trail, server: SimulatedWitness) -> None:
    writer = trail.open()
    earlier = grown(writer, 5)
    asked(server, trail).cosign(grown(writer, 5))
    for witness in (asked(server, trail), asked(server, trail)):  # one that remembers nothing
        with pytest.raises(NoCosignature, match="has cosigned 10 entries of this log, which has 5") as caught:
            witness.cosign(earlier)
        assert caught.value.grave


def test_log_that_was_rolled_back_while_it_ran_is_found_out(trail: Trail, server: SimulatedWitness) -> None:
    writer = trail.open()
    earlier = grown(writer, 5)
    witness = asked(server, trail)
    witness.cosign(grown(writer, 5))
    with pytest.raises(NoCosignature, match="has cosigned 10 entries") as caught:
        witness.cosign(earlier)
    assert caught.value.grave


@pytest.mark.parametrize("entries", [4, 9])
def test_forked_log_is_found_out(entries: int, trail: Trail, server: SimulatedWitness, tmp_path: Path) -> None:
    asked(server, trail).cosign(grown(trail.open(), 5))
    fork, note = another_log(tmp_path, entries)
    with pytest.raises(NoCosignature, match="rolled back, forked or damaged") as caught:
        asked(server, fork).cosign(note)
    assert caught.value.grave
    assert server.cosigned(ORIGIN) == 5


def test_tile_that_is_missing_is_told(trail: Trail, server: SimulatedWitness) -> None:
    writer = trail.open()
    witness = asked(server, trail)
    witness.cosign(grown(writer, 3))
    note = grown(writer, 3)
    (trail.directory / "tile/0/000.p/6").unlink()
    with pytest.raises(NoCosignature, match="missing"):
        witness.cosign(note)
