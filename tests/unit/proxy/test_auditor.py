"""What is made of a body in order to judge it does not wait for the disk with its record."""

import asyncio
import tracemalloc
from pathlib import Path

from beacon_audit.exchange import record
from beacon_audit.exchange.states import Exchange, State
from beacon_audit.proxy.auditor import Auditor
from beacon_audit.proxy.permits import Permits
from beacon_audit.proxy.recorder import Recorder
from beacon_audit.redaction import SecretRegistry
from harness.held_storage import HeldStorage
from harness.messages import request_to
from harness.trail import Trail
from harness.whole_judgement import CONTRACT, POLICY, TOKENS

#: A list of so many objects takes four bytes each on the wire, and seventy here.
COUNT = 300_000


def test_document_of_a_request_that_waits_for_its_record_is_gone(tmp_path: Path) -> None:
    for directory in ("trail", "payloads"):
        (tmp_path / directory).mkdir()
    storage = HeldStorage()
    writer = Trail(tmp_path).open(storage)
    hold = storage.hold("sync_data", "journal-")
    body = b'{"odd":[' + b",".join([b"{}"] * COUNT) + b"]}"
    held = asyncio.run(held_while_it_waits(Recorder(writer, deadline_s=30, now=lambda: "2026-01-01T00:00:00Z"), body))
    hold.let_go()
    writer.close()
    assert held < 10 * len(body)


async def held_while_it_waits(recorder: Recorder, body: bytes) -> int:
    context = record.RecordContext(SecretRegistry(TOKENS), TOKENS, "policy", "contract")
    auditor = Auditor(contract=CONTRACT, policy=POLICY, context=context, recorder=recorder, permits=Permits())
    auditor.begun.set()
    exchange = Exchange("one", 0.0)
    request = request_to("usage-ingest", body=body)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        waiting = asyncio.create_task(auditor.admit(exchange, request, (), client="client"))
        while exchange.state is State.RECEIVED:
            await asyncio.sleep(0)
        held, _ = tracemalloc.get_traced_memory()
        waiting.cancel()
        await asyncio.wait([waiting])
        return held - before
    finally:
        tracemalloc.stop()
