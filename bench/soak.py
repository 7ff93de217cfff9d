"""A long run: many requests over HTTP/1.1 and HTTP/2, good and bad, and what is left of them at the end.

Every other request is documented, the rest are refused for different reasons; connections are kept for 50 requests.
Clients, proxy and upstream are processes of their own. Says at the end, and fails if it is not so:

- what clients were answered, what arrived upstream and what the trail holds agree exactly;
- memory at the end is within 10 % of what it was after the first 10,000 (of a short run: the first half), and no file
  descriptor was left open;
- ``beacon-audit verify`` finds nothing (0, or 3 without an anchor).

    python -m bench.soak [--requests 200000] [--clients 3]
"""

import argparse
import asyncio
import collections
import json
import os
import random
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import h2.config
import h2.connection
import h2.events
from rich.console import Console

from beacon_audit.home import Home, open_home
from beacon_audit.review.exchanges import iter_exchanges
from bench.load import serve
from bench.throughput import ours, process, usage_report

PATH = "/v1/beacon/ingest-traces"
KEPT = 50
#: After so many requests everything that is kept once is there, so that what grows from here on grows for ever.
WARM = 10_000
CONNECTIONS = 4
type Message = tuple[str, bytes]


def messages(seed: int) -> Iterator[tuple[Message, bool]]:
    """Path and body, and whether it is documented, without end."""
    choose = random.Random(seed)
    documented = usage_report().encode()
    bad: list[Message] = [
        (PATH, documented.replace(b'{"', b'{"smuggled": "", "', 1)),
        (PATH, documented.replace(b'{"', b'{"license": "", "', 1)),
        (PATH, b"{]"),
        (PATH, b"[" * 100),
        ("/v1/beacon/backup", documented),
        (f"{PATH}?more=1", documented),
    ]
    while True:
        good = choose.random() < 0.5
        yield ((PATH, documented) if good else choose.choice(bad)), good


async def client(spec: dict[str, Any], seed: int, count: int, seen: collections.Counter[str]) -> None:
    """``count`` requests, a new connection for every ``KEPT`` of them, HTTP/1.1 and HTTP/2 in turn."""
    endless = messages(seed)
    speakers = (http1, http2)
    for start in range(0, count, KEPT):
        batch = [next(endless) for _ in range(min(KEPT, count - start))]
        reader, writer = await asyncio.open_connection(*spec["proxy"])
        writer.write(b"CONNECT beacon.langchain.com:443 HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        speak = speakers[start // KEPT % 2]
        context = ssl.create_default_context(cafile=spec["ca_file"])
        context.set_alpn_protocols(["h2" if speak is http2 else "http/1.1"])
        await writer.start_tls(context, server_hostname=spec["host"])
        for (path, body), good in batch:
            status = await speak(reader, writer, path, body)
            seen["good" if good else "bad"] += 1
            seen[f"{'good' if good else 'bad'} {status}"] += 1
        writer.close()


async def http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: bytes) -> int:
    head = f"POST {path} HTTP/1.1\r\nHost: beacon.langchain.com\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
    return int(answer[9:12])


_sessions: WeakKeyDictionary[asyncio.StreamWriter, h2.connection.H2Connection] = WeakKeyDictionary()


async def http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: bytes) -> int:
    session = _sessions.get(writer)
    if session is None:
        session = _sessions[writer] = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
        session.initiate_connection()
    stream = session.get_next_available_stream_id()
    names = {":method": "POST", ":scheme": "https", ":path": path, ":authority": "beacon.langchain.com"}
    session.send_headers(stream, [*names.items(), ("content-type", "application/json")])
    session.send_data(stream, body, end_stream=True)
    status = 0
    while True:
        writer.write(session.data_to_send())
        for event in session.receive_data(await reader.read(65536)):
            if isinstance(event, h2.events.ResponseReceived):
                status = int(dict(event.headers)[b":status"])
            elif isinstance(event, h2.events.DataReceived):
                session.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded) and event.stream_id == stream:
                return status


async def clients(spec: dict[str, Any]) -> None:
    """All connections of one client process; prints how far it is, then its counts."""
    seen: collections.Counter[str] = collections.Counter()
    share = spec["count"] // CONNECTIONS
    work = asyncio.gather(*(client(spec, spec["seed"] + number, share, seen) for number in range(CONNECTIONS)))
    while not work.done():
        await asyncio.wait([work], timeout=1)
        print(json.dumps({"done": seen["good"] + seen["bad"]}), flush=True)
    work.result()
    print(json.dumps({"seen": seen}), flush=True)


async def upstream(directory: Path) -> None:
    """As in the throughput bench; prints how many requests came when it is ended."""
    counter = [0]
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: (print(counter[0], flush=True), os._exit(0)))
    await serve(directory, counter)


def memory_and_files(pid: int, memory: str = "VmRSS") -> tuple[int, int]:
    """MiB and open files of a process. ``memory`` is the name of a line of its status: ``VmHWM`` is the most ever."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(f"{memory}:"))
    return int(line.split()[1]) // 1024, len(list(Path(f"/proc/{pid}/fd").iterdir()))


def in_trail(home: Home) -> dict[str, int]:
    """How many exchanges of each kind the trail holds."""
    found: collections.Counter[str] = collections.Counter()
    for exchange in iter_exchanges(home):
        state = exchange.outcome["state"] if exchange.outcome else ""
        found[f"{exchange.begin['action']} {state}".strip()] += 1
    return dict(found)


def run(directory: Path, requests: int, processes: int, console: Console) -> bool:
    """The whole of it; whether all is as it should be."""
    me = [sys.executable, "-m", "bench.soak"]
    with process([*me, "upstream", str(directory)]) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        with ours(directory, port, "redacted") as place:
            pid = place["pid"]
            began = time.monotonic()
            children = [
                subprocess.Popen(
                    [*me, "clients", json.dumps({**place, "count": requests // processes, "seed": 1000 * number})],
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for number in range(processes)
            ]
            warm, answered = follow(children, pid, requests, console)
            at_the_end = memory_and_files(pid)
        seconds = time.monotonic() - began
        server.terminate()
        arrived = int(server.stdout.read().split()[-1])
    home = open_home(directory / "home-redacted")
    trail = in_trail(home)
    verify = subprocess.run([sys.executable, "-m", "beacon_audit.cli", "verify", "--home", str(home.path)], check=False)
    console.print(f"{requests:,} requests in {seconds:.0f} s: {requests / seconds:.0f}/s")
    console.print("answered:", dict(answered), " arrived upstream:", arrived, " trail:", trail)
    console.print("memory (MiB), files: warm", warm, " at the end", at_the_end)
    console.print("verify: exit", verify.returncode)
    good, bad = answered["good"], answered["bad"]
    return (
        answered["good 200"] == good == arrived == trail.get("allowed sent")
        and bad == trail.get("refused")
        and at_the_end[0] <= 1.1 * warm[0]
        and at_the_end[1] <= warm[1]
        and verify.returncode in (0, 3)
    )


def follow(
    children: list["subprocess.Popen[str]"], pid: int, requests: int, console: Console
) -> tuple[tuple[int, int], collections.Counter[str]]:
    """Memory and files when warm, and what all clients together were answered. Prints memory twenty times."""
    answered: collections.Counter[str] = collections.Counter()
    warm: tuple[int, int] | None = None
    shown = 0
    while lines := [line for child in children if child.stdout and (line := child.stdout.readline())]:
        said = [json.loads(line) for line in lines]
        done = sum(one.get("done", 0) for one in said)
        for one in said:
            answered.update(one.get("seen", {}))
        if warm is None and done >= min(WARM, requests / 2):
            warm = memory_and_files(pid)
        if done * 20 // requests > shown:
            shown = done * 20 // requests
            console.print(f"after {done:,}: (MiB, files) {memory_and_files(pid)}")
    assert warm is not None
    return warm, answered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--clients", type=int, default=3)
    options = parser.parse_args()
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as directory:
        fine = run(Path(directory), options.requests, options.clients, console)
    console.print("as it should be" if fine else "NOT as it should be")
    sys.exit(not fine)


if __name__ == "__main__":
    if sys.argv[1:2] == ["clients"]:
        asyncio.run(clients(json.loads(sys.argv[2])))
    elif sys.argv[1:2] == ["upstream"]:
        asyncio.run(upstream(Path(sys.argv[2])))
    else:
        main()
