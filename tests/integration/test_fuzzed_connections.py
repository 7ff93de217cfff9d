"""A few hundred inputs for the connection path; ``make fuzz`` goes on from there."""

import hashlib
import socket
import subprocess
import sys
from itertools import batched, islice
from pathlib import Path

import pytest

from fuzz.connection.answers import answer
from fuzz.connection.case import Case
from fuzz.connection.clients import cases
from fuzz.connection.rig import LawBroken, connection_rig

_SEED = 7
_INPUTS = 300


def test_inputs_break_no_law_of_the_connection_path(tmp_path: Path) -> None:
    with connection_rig(tmp_path) as rig:
        for batch in batched(islice(cases(_SEED), _INPUTS), 150):
            rig.run(batch)
    # What never gets anywhere tests little.
    assert rig.figures["requests upstream"] > _INPUTS / 20
    assert rig.figures["outcomes: sent"] > _INPUTS / 50
    assert rig.figures["entries: refusal"] > _INPUTS / 10


def test_same_seed_gives_the_same_inputs_and_answers_in_every_process() -> None:
    program = (
        "from itertools import islice; from fuzz.connection.clients import cases;"
        "from fuzz.connection.answers import answer;"
        "print('\\n'.join(case.kept() for case in islice(cases(3), 300)), *(answer(str(n)) for n in range(300)))"
    )
    command = [sys.executable, "-c", program]
    root = Path(__file__).resolve().parents[2]
    path = f"{root / 'addons'}:{root / 'tests'}"
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": path}).stdout
    here = "\n".join(case.kept() for case in islice(cases(3), 300))
    answers = " ".join(str(answer(str(number))) for number in range(300))
    assert hashlib.sha256(said.encode()).digest() == hashlib.sha256(f"{here} {answers}\n".encode()).digest()


def test_kept_input_is_the_one_that_was_kept() -> None:
    for case in islice(cases(5), 200):
        assert Case.of(case.kept()) == case


def test_fuzzer_sees_each_law_broken(tmp_path: Path) -> None:
    """A fuzzer that cannot fail finds nothing."""
    with connection_rig(tmp_path) as rig:
        rig.look()
        rig.patience_s = 0.1
        with socket.create_connection(rig.proxy.address), pytest.raises(LawBroken, match="descriptors"):
            rig.look()
        rig.patience_s = 20
        rig.look()

        request = b"POST /v1/beacon/verify HTTP/1.1\r\nHost: beacon.langchain.com\r\nContent-Length: 2\r\n\r\n{}"
        data = rig.upstream.connections[-1].data
        for smuggled, law in (
            (request, "what is not on record"),
            (request[:-1], "the beginning of a request that is not on record"),
            (b"\x00\x01\x02", "begin no request"),
        ):
            data += smuggled
            with pytest.raises(LawBroken, match=law):
                rig.look()
            del data[-len(smuggled) :]
        kept = bytes(data)
        data.clear()
        with pytest.raises(LawBroken, match="on record as answered is what never came"):
            rig.look()
        data += kept
        rig.look()

        with rig.proxy.stderr_path.open("a") as log:
            log.write("mitmproxy has crashed!\n")
        with pytest.raises(LawBroken, match="the log tells of a defect"):
            rig.look()


def test_proxy_that_ends_is_seen(tmp_path: Path) -> None:
    with connection_rig(tmp_path) as rig:
        rig.proxy.stop()
        with pytest.raises(LawBroken, match="the proxy has ended"):
            rig.look()
