"""A process that records as fast as it can until it is killed, and says on stdout what it promises.

``full_speed.py HOME ROUND``. One JSON object a line: ``{"index", "fields", "payload"}`` for an acknowledged entry,
where ``payload`` says whether there is one, and ``{"checkpoint"}`` for a checkpoint that was handed out.
"""

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Thread

from beacon_audit.trail import Receipt, TrailWriter
from beacon_audit.trail.note import Signer
from harness.busy_trail import made_up
from harness.promises import Fields
from harness.signers import private_key


def say(**fields: object) -> None:
    # One write: a line is there whole, or not at all.
    os.write(1, json.dumps(fields).encode() + b"\n")


def main(home: Path, name: str) -> None:
    ids = count()
    writer = TrailWriter.open(
        home / "trail",
        home / "payloads",
        signer=Signer(private_key(1)),
        new_id=lambda: f"{name}-made-{next(ids)}",
        now=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        on_checkpoint=lambda note: say(checkpoint=note.decode()),
        publish_s=0.005,
        segment_bytes=20_000,
    )

    def acknowledging(fields: Fields, body: bool) -> Callable[[Future[Receipt]], None]:
        def acknowledge(future: Future[Receipt]) -> None:
            if future.exception() is None:
                say(index=future.result().index, fields=fields, payload=body)

        return acknowledge

    def work(thread: int) -> None:
        for number in count():
            identity, body = f"{name}-{thread}-{number}", number % 5 == 0
            for kind, state in (("intent", None), ("outcome", "sent")):
                time = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
                fields, payload = made_up(kind, identity, time, body=body, state=state)
                future = writer.submit(fields, payload)
                future.add_done_callback(acknowledging(fields, body))
            future.result()

    for thread in range(3):
        Thread(target=work, args=(thread,), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
