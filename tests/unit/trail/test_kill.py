"""A process that records at full speed is killed again and again: what it said to the outside holds.

``BEACON_AUDIT_KILLS`` is how often (20 by itself).
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from beacon_audit.trail import TrailWriter, start_trail
from beacon_audit.trail.note import Signer
from harness.busy_trail import made_up
from harness.promises import Promises, assert_not_called_tampered
from harness.quick_storage import QuickStorage
from harness.signers import private_key

KILLS = int(os.environ.get("BEACON_AUDIT_KILLS", "20"))
SIGNER = Signer(private_key(1))


def hear(promises: Promises, output: bytes) -> int:
    """Take what the process said before it died; the number of entries that it acknowledged."""
    before = len(promises.acknowledged)
    for line in output.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        said = json.loads(line)
        if "checkpoint" in said:
            promises.hand_out(said["checkpoint"].encode())
            continue
        fields = said["fields"]
        more = {name: value for name, value in fields.items() if name not in ("type", "id", "time", "payload")}
        again, payload = made_up(fields["type"], fields["id"], fields["time"], body=said["payload"], **more)
        assert again == fields
        promises.acknowledge(said["index"], fields, payload)
    return len(promises.acknowledged) - before


def recover(home: Path) -> None:
    writer = TrailWriter.open(
        home / "trail",
        home / "payloads",
        signer=SIGNER,
        new_id=lambda: "made",
        now=lambda: "2099-01-01T00:00:00Z",
        storage=QuickStorage(),
    )
    writer.close()


def test_a_killed_process_has_promised_nothing_that_its_trail_does_not_keep(scratch: Path) -> None:
    home = scratch / "home"
    (home / "trail").mkdir(parents=True)
    (home / "payloads").mkdir()
    start_trail(home / "trail", SIGNER)
    launcher = Path(__file__).parents[2] / "harness" / "launchers" / "full_speed.py"
    paths = [path for path in sys.path if path]
    pause = random.Random(4)
    promises = Promises()
    heard = []
    for number in range(KILLS):
        said = scratch / "said"  # no pipe: nobody reads while it works, and it would wait
        with said.open("wb") as stdout:
            process = subprocess.Popen(
                [sys.executable, str(launcher), str(home), f"{number}"],
                stdin=subprocess.PIPE,
                stdout=stdout,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
        # Every second one lives until it has promised something of each kind, however slow the machine is.
        awaited = (b'"checkpoint"', b'"index"') if number % 2 == 0 else (b"\n",)
        while process.poll() is None and not all(sign in said.read_bytes() for sign in awaited):
            time.sleep(0.005)
        time.sleep(pause.uniform(0.0, 0.12))
        assert process.poll() is None  # else it died of itself, and says why on stderr
        process.kill()
        process.wait(10)
        heard.append(hear(promises, said.read_bytes()))
        if number % 5 == 0:
            assert_not_called_tampered(home, SIGNER.verifier, [note for _, note in promises.checkpoints])

    recover(home)
    promises.assert_kept(home, [SIGNER.verifier])
    assert sum(count > 0 for count in heard) >= KILLS / 2
    assert len(promises.checkpoints) >= KILLS / 2
