"""Bodies of the largest size, one after the other, on one proxy: each is answered, recorded and forgotten.

Five kinds in turn, each exactly as large as ``limits.body_bytes`` allows, or as ``limits.decoded_bytes`` does once it
is unpacked, but for the last: a documented usage report with as many transactions as fit, the same in gzip, an
undocumented field with one huge text, an array of very many numbers, and one byte too many. Says at the end, and fails
if it is not so:

- every body was answered as its kind must be, and only the documented ones arrived upstream, whole;
- the trail holds one entry for each;
- the most memory ever held is within 10 % of what it was after the first tenth, and no file descriptor was left open.

    python -m bench.large_bodies [--bodies 1000]
"""

import argparse
import asyncio
import collections
import gzip
import json
import ssl
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from beacon_audit.home import open_home
from beacon_audit.policy.document import Limits
from beacon_audit.wire.json_body import MOST_VALUES
from bench.soak import PATH, in_trail, memory_and_files
from bench.throughput import ours, process, usage_report

LIMITS = Limits()


@dataclass(frozen=True)
class Kind:
    """A body, how it is encoded, and what must be answered to it."""

    body: bytes
    encoding: str
    status: int


def kinds() -> dict[str, Kind]:
    """By name, in the order in which they are sent."""
    full = LIMITS.body_bytes
    document = json.loads(usage_report())
    first = document["trace_transactions"][0]
    most = min(MOST_VALUES // (len(first) + 1), full // (len(json.dumps(first)) + 2)) - 10
    report = json.dumps({**document, "trace_transactions": [first] * most}).encode()
    filled = report.ljust(full)
    text = (b'{"x": "' + b"word " * (full // 5))[:full]
    text = text[:-20] + b'", "license": ""}'.rjust(20)
    return {
        "documented": Kind(filled, "", 200),
        "documented, in gzip": Kind(gzip.compress(report.ljust(LIMITS.decoded_bytes), 6, mtime=0), "gzip", 200),
        "one text": Kind(text, "", 403),
        "numbers": Kind((b"[" + b"1," * (full // 2 - 2) + b"1]").ljust(full), "", 403),
        "a byte too many": Kind(filled + b" ", "", 413),
    }


async def send(place: dict[str, Any], context: ssl.SSLContext, kind: Kind) -> int:
    """The status of the answer; 0 when the connection ended without one, as it may when a body is refused unread."""
    reader, writer = await asyncio.open_connection(*place["proxy"])
    writer.write(b"CONNECT beacon.langchain.com:443 HTTP/1.1\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    await writer.start_tls(context, server_hostname=place["host"])
    head = f"POST {PATH} HTTP/1.1\r\nHost: beacon.langchain.com\r\nContent-Type: application/json\r\n"
    encoding = f"Content-Encoding: {kind.encoding}\r\n" if kind.encoding else ""
    writer.write(f"{head}{encoding}Content-Length: {len(kind.body)}\r\n\r\n".encode() + kind.body)
    try:
        answer = await reader.readuntil(b"\r\n\r\n")
        return int(answer[9:12])
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0
    finally:
        writer.transport.abort()


async def send_all(place: dict[str, Any], bodies: int, console: Console) -> tuple[Any, collections.Counter[str]]:
    """Memory and files after the first tenth, and how often each kind was answered with what."""
    context = ssl.create_default_context(cafile=place["ca_file"])
    answered: collections.Counter[str] = collections.Counter()
    warm = None
    in_turn = list(kinds().items())
    for number in range(bodies):
        name, kind = in_turn[number % len(in_turn)]
        status = await send(place, context, kind)
        answered["as it must be" if status == kind.status else f"{name}: {status}"] += 1
        if number + 1 in {bodies * twentieth // 20 for twentieth in range(1, 21)}:
            console.print(f"after {number + 1:,}: (MiB, files) {memory_and_files(place['pid'], 'VmHWM')}")
        if number + 1 == max(len(in_turn), bodies // 10):
            warm = memory_and_files(place["pid"], "VmHWM")
    return warm, answered


def run(directory: Path, bodies: int, console: Console) -> bool:
    """The whole of it; whether all is as it should be."""
    with process([sys.executable, "-m", "bench.soak", "upstream", str(directory)]) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with ours(directory, port, "redacted") as place:
            began = time.monotonic()
            warm, answered = asyncio.run(send_all(place, bodies, console))
            at_the_end = memory_and_files(place["pid"], "VmHWM")
        seconds = time.monotonic() - began
        server.terminate()
        arrived = int(server.stdout.read().split()[-1])
    trail = in_trail(open_home(directory / "home-redacted"))
    console.print(f"{bodies:,} bodies in {seconds:.0f} s: {seconds / bodies:.2f} s each")
    console.print("answered:", dict(answered), " arrived upstream:", arrived, " trail:", trail)
    console.print("memory (MiB), files: warm", warm, " at the end", at_the_end)
    documented = sum(1 for number in range(bodies) if list(kinds().values())[number % 5].status == 200)
    return (
        answered == {"as it must be": bodies}
        and documented == arrived == trail.get("allowed sent")
        and bodies - documented == trail.get("refused")
        and at_the_end[0] <= 1.1 * warm[0]
        and at_the_end[1] <= warm[1]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=1000)
    options = parser.parse_args()
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as directory:
        fine = run(Path(directory), options.bodies, console)
    console.print("as it should be" if fine else "NOT as it should be")
    sys.exit(not fine)


if __name__ == "__main__":
    main()
