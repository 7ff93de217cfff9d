"""A log that is being written is verified as it stands at one checkpoint, and is whole at each."""

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from beacon_audit.trail import TrailWriter, build_payload, start_trail
from beacon_audit.trail.verify import Verdict, verify_trail
from harness.log_builder import intent, make_signer, outcome

SIGNER = make_signer()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Live:
    """A writer at work in ``home``."""

    def __init__(self, home: Path, publish_s: float) -> None:
        self.trail, self.payloads = home / "trail", home / "payloads"
        self.notes: list[bytes] = []
        for directory in (self.trail, self.payloads):
            directory.mkdir()
        start_trail(self.trail, SIGNER)
        ids = count()
        self.writer = TrailWriter.open(
            self.trail,
            self.payloads,
            signer=SIGNER,
            new_id=lambda: f"made-{next(ids)}",
            now=now,
            on_checkpoint=self.notes.append,
            publish_s=publish_s,
            segment_bytes=100_000,
        )
        self.writer.submit({"type": "open", "id": "opened", "time": now()}).result(10)

    def exchange(self, name: str) -> None:
        date = now()[:10]
        payload = build_payload({"name": name}, b"s" * 32, name=f"{name}.json.zst", date=date)
        fields = {**intent(name), "time": now(), "payload": payload.reference}
        self.writer.submit(fields, payload).result(10)
        self.writer.submit({**outcome(name), "time": now()}).result(10)

    def verify(self, *anchors: bytes) -> Verdict:
        return verify_trail(
            self.trail,
            SIGNER.verifier,
            anchors=anchors,
            payloads=self.payloads,
            progress=lambda _done, _total: None,
            journal_expected=True,
            patience_s=20,  # the disk may be slow
        )


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    found = Live(tmp_path, 0.05)
    yield found
    found.writer.close()


def test_log_is_whole_at_every_moment_while_it_grows(live: Live) -> None:
    stop = threading.Event()

    def work(worker: int) -> None:
        for number in count():
            if stop.is_set():
                return
            live.exchange(f"exchange-{worker}-{number}")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    try:
        sizes = []
        for _ in range(4):
            anchors = live.notes[-2:]
            verdict = live.verify(*anchors)
            assert verdict.verdict in ("ok", "unanchored"), verdict.problems
            assert verdict.writer_at_work
            sizes.append(verdict.size)
        assert len(set(sizes)) > 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    live.writer.close()
    assert live.verify(*live.notes).verdict == "ok"


def test_open_intent_is_in_flight_while_the_writer_lives_and_unknown_after(live: Live, tmp_path: Path) -> None:
    live.writer.submit({**intent("a"), "time": now()}).result(10)
    live.writer.publish()
    verdict = live.verify(live.notes[-1])
    assert (verdict.verdict, verdict.in_flight) == ("ok", 1)
    shutil.copytree(live.trail, tmp_path / "copy")
    dead = verify_trail(
        tmp_path / "copy", SIGNER.verifier, anchors=[live.notes[-1]], payloads=None, progress=lambda _done, _total: None
    )
    assert [problem.code for problem in dead.problems] == ["unknown-outcome"]


def test_verifying_does_not_keep_a_writer_out(live: Live) -> None:
    live.writer.close()
    stop = threading.Event()

    def verify() -> None:
        while not stop.is_set():
            live.verify()

    thread = threading.Thread(target=verify)
    thread.start()
    try:
        for number in range(5):
            writer = TrailWriter.open(live.trail, live.payloads, signer=SIGNER, new_id=lambda: "made", now=now)
            writer.submit({"type": "heartbeat", "id": f"h-{number}", "time": now()}).result(10)
            writer.close()
    finally:
        stop.set()
        thread.join()


def test_damage_is_found_in_a_log_that_is_being_written(live: Live) -> None:
    for number in range(200):
        live.exchange(f"exchange-{number}")
    live.writer.publish()
    bundle = live.trail / "tile/entries/000"
    data = bytearray(bundle.read_bytes())
    data[100] ^= 1
    bundle.write_bytes(data)
    assert live.verify(live.notes[-1]).verdict == "tampered"
