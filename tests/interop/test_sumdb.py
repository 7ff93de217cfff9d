"""Go's checksum-database packages (golang.org/x/mod/sumdb), which share nothing with us, accept our logs and proofs.

Needs ``go`` and its module; skipped by name where one of them is not to be had. A program that does not compile with
both at hand is a failure.
"""

import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from beacon_audit.demo.beacon import SimulatedBeacon
from beacon_audit.trail.checkpoint import Checkpoint, decode_log_line, encode_log_line, parse_checkpoint
from beacon_audit.trail.note import parse_note, sign_note
from beacon_audit.trail.proof import consistency_proof, format_consistency, format_inclusion, inclusion_proof
from beacon_audit.trail.published import read_hashes
from beacon_audit.trail.reader import read_entry
from beacon_audit.trail.tile_tree import TileTree
from harness.log_builder import build_log, exchanges, make_signer
from harness.proxy import ProxyProcess, write_policy
from harness.quick_storage import QuickStorage
from harness.rig import Rig
from harness.trail import Trail

SOURCE = Path(__file__).parent / "sumdb"
SIGNER = make_signer()
SIZES = (0, 1, 2, 255, 256, 257, 65535, 65536, 65537, 70000)

type Check = Callable[[Path, Path, Path], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Runs the Go program."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no go command here; it checks our logs with golang.org/x/mod/sumdb")
    program = tmp_path_factory.mktemp("sumdb") / "sumdb"
    build = subprocess.run(
        [go, "build", "-o", str(program), "."], cwd=SOURCE, capture_output=True, text=True, timeout=100
    )
    if build.returncode != 0:
        fetched = subprocess.run([go, "mod", "download"], cwd=SOURCE, capture_output=True, text=True, timeout=100)
        reason = (fetched.stderr.strip() or build.stderr.strip()).splitlines()[-1:]
        if fetched.returncode != 0:
            pytest.skip(f"golang.org/x/mod is not to be had, or go is too old: {reason}")
        pytest.fail(f"go has the module and does not build the program: {build.stderr}")

    def run(trail: Path, vkey: Path, proofs: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), str(trail), str(vkey), str(proofs)], capture_output=True, text=True, timeout=60
        )

    return run


def write_proofs(trail: Path, proofs: Path, *, indices: Iterable[int], olds: Iterable[int]) -> None:
    """Our own proofs from the newest checkpoint of ``trail``."""
    proofs.mkdir()
    note = (trail / "checkpoint").read_bytes()
    size = parse_checkpoint(parse_note(note).text).size
    node = TileTree(size, lambda place: read_hashes(trail, place)).node
    for index in indices:
        entry = read_entry(trail, index, size)
        proof = format_inclusion(index, entry, inclusion_proof(index, size, node), note)
        (proofs / f"{index}.tlog-proof").write_bytes(proof)
    for old in olds:
        (proofs / f"{old}.consistency").write_bytes(format_consistency(old, consistency_proof(old, size, node), note))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], tuple[Path, Path, Path]]:
    """A log of so many entries with checkpoints at every size of interest below, its vkey, and proofs of ours."""

    def build(size: int) -> tuple[Path, Path, Path]:
        home = tmp_path_factory.mktemp(f"log-{size}")
        sizes = [stop for stop in SIZES if 0 < stop <= size]
        build_log(home / "trail", exchanges(size), signer=SIGNER, sizes=sizes or [10**9])
        (home / "trail.vkey").write_text(SIGNER.vkey + "\n")
        indices = sorted({i for stop in sizes for i in (stop - 1, stop // 2)})
        write_proofs(home / "trail", home / "proofs", indices=indices, olds=sizes)
        return home / "trail", home / "trail.vkey", home / "proofs"

    return build


@pytest.mark.parametrize("size", SIZES)
def test_log_of_any_size_is_accepted_with_their_proofs_and_ours(
    check: Check, built: Callable[[int], tuple[Path, Path, Path]], size: int
) -> None:
    done = check(*built(size))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    checkpoints = len([stop for stop in SIZES if stop <= size])
    assert found["checkpoints"] == checkpoints
    assert found["trees"] == found["our_trees"] == checkpoints - 1
    assert found["records"] >= min(size, 250)
    assert size == 0 or found["our_records"] >= 1


def test_log_of_a_real_run_is_accepted(check: Check, tmp_path: Path) -> None:
    with SimulatedBeacon(tmp_path) as beacon:
        proxy = ProxyProcess(tmp_path, write_policy(tmp_path, beacon))
        with proxy:
            rig = Rig(beacon, proxy, tmp_path / "unused")
            for number in range(5):
                assert rig.send(number).status == 200
            assert proxy.stop(signal.SIGTERM) == 0
        trail = proxy.home.trail
        notes = [json.loads(line) for line in (trail / "checkpoints.log").read_text().splitlines()]
        sizes = [parse_checkpoint(parse_note(note.encode()).text).size for note in notes]
        write_proofs(trail, tmp_path / "proofs", indices=range(sizes[-1]), olds=sizes[1:])
        done = check(trail, proxy.home.trail_vkey, tmp_path / "proofs")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["checkpoints"] == len(sizes)
    assert found["records"] == found["our_records"] == sizes[-1] >= 13  # open, policy, five exchanges, close


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_log_that_the_writer_made_is_accepted_at_every_size(check: Check, tmp_path: Path) -> None:
    trail = Trail(tmp_path, publish_s=3600, heartbeat_s=3600)
    trail.begin(QuickStorage())
    writer = trail.open(QuickStorage())
    try:
        size = 0
        for wanted in SIZES[1:]:
            for number in range(size, wanted):
                fields = {"type": "refusal", "id": f"{number}", "time": trail.time}
                last = writer.submit(fields)
                if number % 1000 == 0:
                    last.result(20)  # the queue has an end
            last.result(20)
            assert int(writer.publish().split(b"\n")[1]) == wanted
            size = wanted
    finally:
        writer.close()
    vkey = tmp_path / "trail.vkey"
    vkey.write_text(f"{trail.signer.vkey}\n")
    write_proofs(trail.directory, tmp_path / "proofs", indices=[stop - 1 for stop in SIZES[1:]], olds=SIZES[1:])
    done = check(trail.directory, vkey, tmp_path / "proofs")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["checkpoints"] >= len(SIZES)  # the first entry is published at once
    assert found["our_trees"] == found["our_records"] == len(SIZES) - 1


def break_tile(trail: Path, vkey: Path, proofs: Path) -> None:
    flip(trail / "tile/0/000", 77)


def break_entry(trail: Path, vkey: Path, proofs: Path) -> None:
    flip(trail / "tile/entries/000", 5)


def break_checkpoint(trail: Path, vkey: Path, proofs: Path) -> None:
    flip(trail / "checkpoint", 0)


def exchange_key(trail: Path, vkey: Path, proofs: Path) -> None:
    vkey.write_text(make_signer(1, SIGNER.verifier.name).vkey)


def exchange_proof(trail: Path, vkey: Path, proofs: Path) -> None:
    (proofs / "0.tlog-proof").write_bytes((proofs / "0.tlog-proof").read_bytes().replace(b"index 0", b"index 1"))


def shorten_consistency(trail: Path, vkey: Path, proofs: Path) -> None:
    file = proofs / "255.consistency"
    lines = file.read_bytes().split(b"\n")
    file.write_bytes(b"\n".join(lines[:1] + lines[2:]))


def fork(trail: Path, vkey: Path, proofs: Path) -> None:
    """The log's own key signed another history too; no proof of ours speaks of it."""
    forked = Checkpoint(SIGNER.verifier.name, 255, bytes(32))
    lines = (trail / "checkpoints.log").read_bytes().splitlines(keepends=True)
    sizes = [parse_checkpoint(parse_note(decode_log_line(line)).text).size for line in lines]
    lines[sizes.index(255)] = encode_log_line(sign_note(forked.text, SIGNER).encode())
    (trail / "checkpoints.log").write_bytes(b"".join(lines))
    (proofs / "255.consistency").unlink()


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (break_tile, "downloaded inconsistent tile"),
        (break_entry, "entry 0: invalid transparency proof"),
        (break_checkpoint, "invalid signature for key"),
        (exchange_key, "note has no verifiable signatures"),
        (exchange_proof, "0.tlog-proof: invalid transparency proof"),
        (shorten_consistency, "255.consistency: invalid transparency proof"),
        (fork, "from 255: invalid transparency proof"),
    ],
)
def test_what_was_changed_is_not_accepted(
    check: Check,
    built: Callable[[int], tuple[Path, Path, Path]],
    tamper: Callable[[Path, Path, Path], None],
    reason: str,
) -> None:
    places = built(257)
    tamper(*places)
    done = check(*places)
    assert done.returncode == 1
    assert reason in done.stderr
    assert done.stdout == ""
