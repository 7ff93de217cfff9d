"""Whoever can write the journal's files and has no key: nothing of his is ever published or signed.

What he adds has right hashes and numbers, so it is whole for whoever reads it; what it lacks is the MAC.
"""

import hmac
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
import zstandard

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail import build_payload, check_payload
from beacon_audit.trail.batch import Next
from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.frames import PayloadFile
from beacon_audit.trail.journal_keys import JournalKeys
from beacon_audit.trail.key_change import key_change_fields
from beacon_audit.trail.note import Signer
from harness.journal_bytes import batch, batches_of, end_of
from harness.quick_storage import QuickStorage
from harness.signers import signer
from harness.trail import NEXT_SIGNER, SIGNER, MakeFields, Trail

#: His MAC is by a key of his own.
FORGER = signer(99, SIGNER.verifier.name)


def content(trail: Trail) -> dict[str, bytes]:
    return {
        path.relative_to(trail.home).as_posix(): path.read_bytes()
        for path in trail.home.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def assert_refused(trail: Trail, *expected: str) -> None:
    """No writer opens the trail, however often; the error says where, and nothing is changed."""
    before = content(trail)
    for _ in range(2):
        with pytest.raises(TrailCorrupt) as caught:
            trail.open(QuickStorage())
        for text in expected:
            assert text in str(caught.value)
    assert content(trail) == before


def add(trail: Trail, entries: Sequence[dict[str, object]], by: Signer = FORGER) -> str:
    """Add a batch at the end of the journal; what an error says of its place."""
    journal = trail.journal()
    place = end_of(journal)
    encoded = [encode_entry(fields, index) for index, fields in enumerate(entries, place.first)]
    return add_batch(journal, batch(place, encoded, signer=by))


def add_batch(journal: Path, data: bytes) -> str:
    offset = journal.stat().st_size
    with journal.open("ab") as file:
        file.write(data)
    return f"{journal}: batch at byte {offset}: "


@pytest.fixture
def closed(trail: Trail, make_fields: MakeFields) -> Trail:
    """A trail with an exchange, closed in good order."""
    writer = trail.open(QuickStorage())
    for fields in (make_fields("intent", "a"), make_fields("outcome", "a"), make_fields("close")):
        writer.submit(fields).result(10)
    writer.close()
    return trail


def test_a_batch_with_a_mac_of_ours_is_published(closed: Trail, make_fields: MakeFields) -> None:
    add(closed, [make_fields("intent", "b")], SIGNER)
    closed.open(QuickStorage()).close()

    assert closed.types() == ["intent", "outcome", "close", "intent", "recovered", "outcome"]


@pytest.mark.parametrize(
    "kinds", [("prune",), ("intent", "outcome"), ("outcome",), ("refusal",), ("close",), ("heartbeat",), ("policy",)]
)
def test_a_batch_of_somebody_elses_is_never_signed(
    closed: Trail, make_fields: MakeFields, kinds: tuple[str, ...]
) -> None:
    more = {"prune": {"before": "2026-01-01", "files": 3, "by": "admin", "reason": "retention"}}
    place = add(closed, [make_fields(kind, "forged", **more.get(kind, {})) for kind in kinds])

    assert_refused(closed, f"{place}its MAC is not by the key of this home")


def test_also_not_when_a_crash_left_an_intent_open(trail: Trail, make_fields: MakeFields) -> None:
    """Its outcome is unknown, and nobody can make it another one."""
    writer = trail.open(QuickStorage())
    writer.submit(make_fields("intent", "a")).result(10)
    writer.close()
    place = add(trail, [make_fields("outcome", "a", state="not_sent")])

    assert_refused(trail, f"{place}its MAC is not by the key of this home")


@pytest.mark.parametrize("by", [signer(99, "other/log"), Signer(SIGNER._private, "other/log"), NEXT_SIGNER])
def test_a_mac_of_another_log_or_of_a_key_that_is_not_in_force_is_none(
    closed: Trail, make_fields: MakeFields, by: Signer
) -> None:
    closed.next_signer = NEXT_SIGNER

    assert_refused(closed, add(closed, [make_fields()], by))


def test_a_batch_of_ours_with_another_entry_in_it_is_refused(closed: Trail, make_fields: MakeFields) -> None:
    journal = closed.journal()
    own = batch(end_of(journal), [encode_entry(make_fields("refusal"), 3)])
    forged = batch(end_of(journal), [encode_entry(make_fields("heartbeat"), 3)], signer=FORGER)
    # With the MAC of the one in the other, and the hash made again.
    mac_at, hash_at, frames_at = 76, 108, 140
    head = forged[:mac_at] + own[mac_at:hash_at]
    data = head + sha256(head + sha256(forged[frames_at:]).digest()).digest() + forged[frames_at:]

    assert_refused(closed, f"{add_batch(journal, data)}its MAC is not by the key of this home")


@pytest.mark.parametrize(
    "move",
    [
        lambda place: replace(place, number=place.number + 1),
        lambda place: replace(place, first=place.first + 1),
        lambda place: replace(place, before=bytes(32)),
    ],
    ids=["number", "index", "before"],
)
def test_a_batch_of_ours_is_not_taken_at_another_place(
    closed: Trail, make_fields: MakeFields, move: Callable[[Next], Next]
) -> None:
    """He may have kept one that was cut off since."""
    journal = closed.journal()
    place = move(end_of(journal))

    assert_refused(closed, add_batch(journal, batch(place, [encode_entry(make_fields(), place.first)])))


def test_a_batch_below_the_checkpoint_that_was_written_again_is_refused(closed: Trail) -> None:
    """Its entries are the published ones, and what it says beside them would be believed."""
    journal = closed.journal()
    own = batches_of(journal.read_bytes())[-1]
    forged = batch(own.place, own.entries, signer=FORGER)
    journal.write_bytes(journal.read_bytes()[: own.offset] + forged)

    assert_refused(closed, f"{journal}: batch at byte {own.offset}: its MAC is not by the key of this home")


def test_what_is_damaged_and_unfinished_is_cut_off_as_ever(closed: Trail, make_fields: MakeFields) -> None:
    """It was never acknowledged, whoever wrote it; nothing is taken from it."""
    journal = closed.journal()
    data = batch(end_of(journal), [encode_entry(make_fields(), 3)], signer=FORGER)
    add_batch(journal, data[:-1])
    closed.open(QuickStorage()).close()

    assert closed.types()[3:] == ["recovered"]
    assert closed.entries()[3]["dropped_bytes"] == len(data) - 1


@pytest.mark.parametrize(
    ("spelt", "expected"),
    [
        (lambda entry: b" " + entry, "one spelling"),
        (lambda entry: entry.replace(b'"id":"01",', b'"id":"02","id":"01",'), "one spelling"),
        (lambda entry: entry.replace(b'"refusal"', b'"zzz"'), "expected a type out of"),
        (lambda entry: entry.replace(b'"id":"01"', b'"id":""'), "non-empty string in 'id'"),
        (lambda entry: entry.replace(b"2025-10-01T00:00:00Z", b"never"), "expected a time"),
        (lambda entry: entry.replace(b"2025-10-01T00:00:00Z", b"2025-13-01T00:00:00Z"), "expected a time"),
        (lambda entry: entry.replace(b'"refusal"', b'"outcome"'), "the state of an outcome"),
        (lambda entry: entry.replace(b'"refusal"', b'"prune"'), "expected a day"),
        (lambda entry: entry.replace(b'"payload":null', b'"payload":{"file":"../x"}'), "file and commitment"),
        (lambda entry: entry.replace(b'"01"', b'"' + b"x" * 65_000 + b'"'), "at most 65000 bytes"),
    ],
)
def test_even_a_batch_of_ours_holds_nothing_that_this_writer_does_not_write(
    closed: Trail, make_fields: MakeFields, spelt: Callable[[bytes], bytes], expected: str
) -> None:
    """Signed once, such an entry would make the log one that `verify` calls malformed for ever."""
    journal = closed.journal()
    entry = spelt(encode_entry(make_fields(payload=None), 3))

    assert_refused(closed, add_batch(journal, batch(end_of(journal), [entry])), expected)


BODY = build_payload({"n": 1}, bytes(32), name="1.json.zst", date="2025-10-01")
FILE = PayloadFile("2025-10-01/1.json.zst", zstandard.compress(BODY.content))
NAMES = [
    "../keys/trail.key", "../../outside", "/etc/passwd", "2025-10-01/../x", "2025-10-01/../../x", "2025-10-01/.x",
    "2025-10-01/a/b", "2025-10-01/", "2025-10-01", "2025-10-01//x", "2025-10-1/x", "2025-10-01/X", "2025-10-01/x\n",
    "2025-10-01/x\0", "", "../trail/tile/entries/000.p/6", "2025-10-01/" + "x" * 101,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by", [SIGNER, FORGER])
def test_a_name_that_leads_elsewhere_is_refused_whoever_wrote_it(
    closed: Trail, make_fields: MakeFields, name: str, by: Signer
) -> None:
    journal = closed.journal()
    entry = encode_entry(make_fields(payload=None), 3)
    data = batch(end_of(journal), [entry], [replace(FILE, file=name)], signer=by)

    assert_refused(closed, f"{add_batch(journal, data)}its hash is right, but it holds a file whose name is none")
    with pytest.raises(TrailCorrupt, match="whose name is none"):
        closed.entries()


@pytest.mark.parametrize(
    ("payload", "files", "expected"),
    [
        (None, [FILE], "expected payload files that entries of the batch name"),
        (BODY.reference, [], "expected each payload file that an entry names"),
        (BODY.reference, [FILE, FILE], "expected payload files that entries of the batch name, each once"),
        (BODY.reference, [replace(FILE, file="2025-10-01/2.json.zst")], "expected payload files that entries"),
        (BODY.reference, [replace(FILE, content=b"x")], "expected one zstd frame"),
        ({**BODY.reference, "commitment": "sha256:" + "0" * 64}, [FILE], "expected the body that the trail committed"),
    ],
    ids=["unnamed", "missing", "twice", "other", "altered", "uncommitted"],
)
def test_payload_files_that_do_not_fit_the_entries_of_their_batch_are_refused(
    closed: Trail, make_fields: MakeFields, payload: object, files: list[PayloadFile], expected: str
) -> None:
    journal = closed.journal()
    data = batch(end_of(journal), [encode_entry(make_fields(payload=payload), 3)], files)

    assert_refused(closed, f"{add_batch(journal, data)}", expected)


def test_a_payload_file_that_fits_is_published(closed: Trail, make_fields: MakeFields) -> None:
    journal = closed.journal()
    add_batch(journal, batch(end_of(journal), [encode_entry(make_fields(payload=BODY.reference), 3)], [FILE]))
    closed.open(QuickStorage()).publish()

    assert check_payload(closed.payloads / FILE.file, BODY.commitment) == b'{"n":1}'


def rotated(trail: Trail, make_fields: MakeFields, *, publish: bool) -> None:
    """Change the key in force, between other entries; ``publish`` it, or crash before."""
    trail.next_signer, trail.publish_s = NEXT_SIGNER, 3600
    writer = trail.open(QuickStorage())
    writer.submit(make_fields("refusal", "1")).result(10)
    writer.publish()  # what comes first is published at once; nothing more is for the next hour
    writer.submit(make_fields("key-change", "2", **key_change_fields(SIGNER, NEXT_SIGNER, "test"))).result(10)
    writer.submit(make_fields("refusal", "3")).result(10)
    if not publish:
        crashed = trail.home / "crashed"
        crashed.mkdir()
        for name in ("trail", "payloads"):
            shutil.copytree(trail.home / name, crashed / name)
        writer.close()
        trail.home = crashed
        return
    writer.close()
    # As `home.trail_access` leaves it: the old key is gone.
    trail.signer, trail.next_signer = NEXT_SIGNER, None


def test_batches_of_before_a_change_of_keys_need_not_be_proved_once_they_are_published(
    trail: Trail, make_fields: MakeFields
) -> None:
    rotated(trail, make_fields, publish=True)
    assert len(batches_of(trail.journal().read_bytes())) == 3

    trail.open(QuickStorage()).submit(make_fields("close")).result(10)

    assert trail.types() == ["refusal", "key-change", "refusal", "close"]


def test_the_batch_that_changes_keys_and_all_behind_it_are_proved_by_the_new_key_alone(
    trail: Trail, make_fields: MakeFields
) -> None:
    rotated(trail, make_fields, publish=True)
    journal = trail.journal()
    whole = journal.read_bytes()
    for number, forger in ((1, SIGNER), (1, FORGER), (2, SIGNER), (2, FORGER)):
        before, own = whole[: batches_of(whole)[number].offset], batches_of(whole)[number]
        journal.write_bytes(before + batch(own.place, own.entries, signer=forger))
        if number == 1:
            last = batches_of(whole)[2]
            place = batches_of(journal.read_bytes())[-1].next
            add_batch(journal, batch(place, last.entries, signer=NEXT_SIGNER))
        assert_refused(trail, f"{journal}: batch at byte {len(before)}: its MAC is not by the key of this home")


def test_a_crash_before_a_change_of_keys_is_published_leaves_it_to_the_next_start(
    trail: Trail, make_fields: MakeFields
) -> None:
    rotated(trail, make_fields, publish=False)
    writer = trail.open(QuickStorage())
    writer.publish()

    assert trail.types() == ["refusal", "key-change", "refusal"]
    assert writer.vkey == NEXT_SIGNER.vkey


def test_a_change_of_keys_of_which_the_next_key_is_lost_is_refused(trail: Trail, make_fields: MakeFields) -> None:
    rotated(trail, make_fields, publish=False)
    trail.next_signer = None

    assert_refused(trail, f"{trail.journal()}: batch at byte ", "expected a change from the key in force to the next")


def test_a_change_to_a_key_of_somebody_elses_is_refused(closed: Trail, make_fields: MakeFields) -> None:
    fields = key_change_fields(SIGNER, FORGER, "test")
    fields["old_signature"] = fields["new_signature"]
    place = add(closed, [make_fields("key-change", **fields)], FORGER)

    assert_refused(closed, place)


def test_keys_stay_out_of_what_is_printed() -> None:
    keys = JournalKeys.of([SIGNER], SIGNER)
    assert keys.keys[SIGNER.vkey].hex() not in repr(keys)
    assert repr(keys.keys[SIGNER.vkey]) not in repr(keys)


def test_the_key_is_derived_as_documented() -> None:
    """HKDF-SHA256 by hand: extract with a salt of zeros, expand to one block."""
    seed = SIGNER._private.private_bytes_raw()
    info = b"beacon-audit journal/v3\n" + SIGNER.verifier.name.encode() + b"\n"
    extracted = hmac.digest(bytes(32), seed, "sha256")
    expected = hmac.digest(extracted, info + b"\x01", "sha256")

    keys = JournalKeys.of([SIGNER], SIGNER)
    assert keys.keys == {SIGNER.vkey: expected}
    assert keys.mac(b"sealed") == hmac.digest(expected, b"sealed", "sha256")


def test_orjson_gives_an_entry_back_as_it_was() -> None:
    """What `check_written` rests on: decoding and encoding again changes nothing that the writer can have written."""
    fields: dict[str, object] = {
        "type": "refusal", "id": "é\u2028\x7f", "time": "2025-10-01T00:00:00Z",
        "numbers": [0, -1, 2**64 - 1, -(2**63), 1.0, 1e300, 5e-324, -0.0, 18.25, 1e16], "more": {"b": None, "a": True},
    }  # fmt: skip
    entry = encode_entry(fields, 7)

    again = orjson.loads(entry)
    assert again.pop("index") == 7
    assert encode_entry(again, 7) == entry
