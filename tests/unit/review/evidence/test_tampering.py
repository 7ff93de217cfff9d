"""What somebody could do to a bundle, part by part, and what the standalone verifier says."""

import json
import random
from collections.abc import Callable

import pytest

from harness.evidence import Evidence
from harness.log_builder import make_signer

type Members = dict[str, bytes]
PARTIAL = "tile/entries/001.p/44"
PROGRAM = ("README.txt", "verify.py")


def _replaced(name: str, old: bytes, new: bytes) -> Callable[[Members], None]:
    def alter(members: Members) -> None:
        assert old in members[name]
        members[name] = members[name].replace(old, new, 1)

    return alter


def _without(name: str) -> Callable[[Members], None]:
    return lambda members: members.__delitem__(name) if name in members else pytest.fail(name)


def _cut(name: str, count: int) -> Callable[[Members], None]:
    return lambda members: members.update({name: members[name][:-count]})


def _longer(name: str, more: bytes) -> Callable[[Members], None]:
    return lambda members: members.update({name: members[name] + more})


def _first_lines(members: Members, count: int) -> bytes:
    return b"".join(members["checkpoints.log"].splitlines(keepends=True)[:count])


def _rolled_back(members: Members) -> None:
    lines = members["checkpoints.log"].splitlines(keepends=True)
    members["checkpoint"] = json.loads(lines[-2]).encode()


def _payload(members: Members) -> str:
    return next(name for name in members if name.startswith("payloads/"))


def _swapped(members: Members) -> None:
    one, other = (name for name in members if name.startswith("payloads/"))
    members[one], members[other] = members[other], members[one]


CASES: dict[str, tuple[Callable[[Members], None], str]] = {
    "checkpoint deleted": (_without("checkpoint"), "no-checkpoint"),
    "checkpoint cut": (_cut("checkpoint", 1), "malformed-checkpoint"),
    "checkpoint rolled back": (_rolled_back, "rolled-back"),
    "size of the checkpoint": (_replaced("checkpoint", b"\n300\n", b"\n299\n"), "bad-signature"),
    "key swapped": (
        lambda members: members.update({"trail.vkey": make_signer(9).vkey.encode()}),
        "bad-signature",
    ),
    "key is no key": (lambda members: members.update({"trail.vkey": b"none"}), "bad-signature"),
    "log of checkpoints deleted": (_without("checkpoints.log"), "checkpoint-log-mismatch"),
    "log of checkpoints empty": (lambda members: members.update({"checkpoints.log": b""}), "checkpoint-log-mismatch"),
    "its first line removed": (
        lambda members: members.update({"checkpoints.log": members["checkpoints.log"].split(b"\n", 1)[1]}),
        "checkpoint-log-mismatch",
    ),
    "its last line removed": (
        lambda members: members.update({"checkpoints.log": _first_lines(members, 7)}),
        "checkpoint-log-mismatch",
    ),
    "its last line torn": (_cut("checkpoints.log", 5), "checkpoint-log-damaged"),
    "a line twice": (
        lambda members: members.update(
            {"checkpoints.log": _first_lines(members, 1) + members["checkpoints.log"]},
        ),
        "checkpoint-log-damaged",
    ),
    "a line too long": (
        lambda members: members.update(
            {"checkpoints.log": members["checkpoints.log"].replace(b"\\n", b"\\n" * 2000, 1)}
        ),
        "checkpoint-log-damaged",
    ),
    "a line not canonical": (_replaced("checkpoints.log", b'"b', b' "b'), "checkpoint-log-damaged"),
    "bundle cut": (_cut(PARTIAL, 1), "wrong-count"),
    "bundle longer": (_longer(PARTIAL, b"x"), "surplus-bytes"),
    "bundle with one entry more": (_longer(PARTIAL, b"\x00\x02{}"), "surplus-bytes"),
    "entry altered": (_replaced(PARTIAL, b"refused-283", b"refused-282"), "bundle-mismatch"),
    "tile altered": (lambda members: members.update({"tile/0/001.p/44": bytes(44 * 32)}), "tile-mismatch"),
    "upper tile altered": (lambda members: members.update({"tile/1/000.p/1": bytes(32)}), "tile-mismatch"),
    "tile cut": (_cut("tile/0/000", 1), "truncated-tile"),
    "tile longer": (_longer("tile/0/000", b"x"), "surplus-bytes"),
    "tile missing": (_without("tile/0/000"), "missing-tile"),
    "upper tile missing": (_without("tile/1/000.p/1"), "missing-tile"),
    "tile of another width": (lambda members: members.update({"tile/0/001.p/43": bytes(43 * 32)}), "surplus-file"),
    "tile at another spelling": (lambda members: members.update({"tile/0/0001": b""}), "surplus-file"),
    "last bundle missing": (_without(PARTIAL), "missing-bundle"),
    "bundle with the change of key missing": (_without("tile/entries/000"), "missing-bundle"),
    "payload deleted": (lambda members: members.__delitem__(_payload(members)), "payload-missing"),
    "payload altered": (
        lambda members: members.update({_payload(members): members[_payload(members)].replace(b"words", b"sword")}),
        "payload-altered",
    ),
    "payload without its salt": (
        lambda members: members.update({_payload(members): members[_payload(members)][:-70]}),
        "payload-altered",
    ),
    "payloads swapped": (_swapped, "payload-altered"),
    "payload that was pruned is back": (
        lambda members: members.update({"payloads/2026-01-01/body-0.json": b"{}"}),
        "prune-unfinished",
    ),
    "payload of nobody": (lambda members: members.update({"payloads/2026-01-02/x.json": b"{}"}), "surplus-payload"),
    "proof altered": (_replaced("proofs/0.tlog-proof", b"index 0", b"index 1"), "proof-mismatch"),
    "proof of another": (
        lambda members: members.update({"proofs/0.tlog-proof": members["proofs/1.tlog-proof"]}),
        "proof-mismatch",
    ),
    "proof missing": (_without("proofs/0.tlog-proof"), "missing-file"),
    "proof of nothing that is quoted": (
        lambda members: members.update({"proofs/7.tlog-proof": members["proofs/1.tlog-proof"]}),
        "surplus-file",
    ),
    "coverage missing": (_without("coverage.json"), "missing-file"),
    "coverage is no JSON": (_cut("coverage.json", 1), "coverage-mismatch"),
    "coverage not canonical": (_replaced("coverage.json", b":", b": "), "coverage-mismatch"),
    "damage owned up to": (
        _replaced("coverage.json", b'"damage":null', b'"damage":{"problems":[]}'),
        "damaged-at-export",
    ),
    "surplus file": (lambda members: members.update({"notes.txt": b""}), "surplus-file"),
    "surplus bundle": (lambda members: members.update({"tile/entries/002": b""}), "surplus-file"),
}
INCOMPLETE = frozenset(
    {"tile missing", "upper tile missing", "last bundle missing", "bundle with the change of key missing",
     "payload of nobody", "proof missing", "coverage missing", "damage owned up to"}
)  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_alteration_is_found(evidence: Evidence, name: str) -> None:
    alter, code = CASES[name]
    members = evidence.members()
    alter(members)
    judgement = evidence.judge(members)
    assert code in judgement.codes
    assert judgement.status == (2 if name in INCOMPLETE else 1), judgement.answer


def test_policy_file_is_the_one_that_was_in_force(evidence: Evidence) -> None:
    members = evidence.members()
    name = next(name for name in members if name.startswith("policy/"))
    assert evidence.judge({**members, name: members[name] + b" "}).codes == {"policy-digest-mismatch"}
    del members[name]
    assert evidence.judge(members).codes == {"missing-file"}


def test_first_altered_entry_is_named_with_its_place(evidence: Evidence) -> None:
    members = evidence.members()
    altered = members[PARTIAL].replace(b"refused-283", b"refused-282")
    (problem,) = evidence.judge({**members, PARTIAL: altered}).answer["problems"]
    place = members[PARTIAL].index(b"refused-283")
    assert problem["entry"] == 283
    assert problem["file"] == PARTIAL
    assert members[PARTIAL].rindex(b'{"action', 0, place) - 2 == problem["offset"]


def test_altered_tile_is_told_from_altered_entries(evidence: Evidence) -> None:
    members = evidence.members()
    tile = bytearray(members["tile/0/000"])
    tile[32 * 17] ^= 1
    (problem,) = evidence.judge({**members, "tile/0/000": bytes(tile)}).answer["problems"]
    assert (problem["code"], problem["file"], problem["entry"], problem["offset"]) == (
        "tile-mismatch", "tile/0/000", 17, 32 * 17,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_any_flipped_bit_is_tampering(evidence: Evidence, seed: int) -> None:
    chance = random.Random(seed)
    members = evidence.members()
    names = [name for name in members if name not in PROGRAM]
    for name in chance.sample(names, 10):
        altered = bytearray(members[name])
        place, bit = chance.randrange(len(altered)), chance.randrange(8)
        altered[place] ^= 1 << bit
        judgement = evidence.judge({**members, name: bytes(altered)})
        assert judgement.status == 1, (name, place, bit, judgement)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_zip_is_never_sound_for_another_reason_than_the_programs(evidence: Evidence, seed: int) -> None:
    chance = random.Random(seed)
    raw = evidence.zip.read_bytes()
    sound = evidence.judge().answer
    for _ in range(25):
        altered = bytearray(raw)
        altered[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        evidence.zip.write_bytes(altered)
        judgement = evidence.judge()
        assert judgement.status in (0, 1, 2, 4)
        assert "internal error" not in judgement.stderr
        if judgement.status == 0:  # metadata that says nothing, such as a time
            assert judgement.answer == sound


def test_zip_that_was_cut_cannot_be_checked(evidence: Evidence) -> None:
    raw = evidence.zip.read_bytes()
    for length in range(0, len(raw), len(raw) // 40):
        evidence.zip.write_bytes(raw[:length])
        assert evidence.judge().status == 4
