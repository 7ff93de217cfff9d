"""The two ends of the throughput benchmark, each a process of its own so that neither shares the proxy's interpreter.

``python bench/load.py upstream DIR``: a TLS server on loopback with certificates from ``demo.certificates``; prints its
port and serves until it is ended. ``python bench/load.py client SPEC``: keep-alive connections through a proxy for a
number of seconds; prints one JSON line ``{"requests", "seconds", "errors", "p50_ms", "p99_ms"}``.
"""

import asyncio
import json
import ssl
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from beacon_audit.demo.certificates import issue

NAMES = ("beacon.langchain.com", "localhost")


async def serve(directory: Path, counter: list[int] | None = None) -> None:
    """Answer every request with the documented answer to a usage report. ``counter`` holds how many there were."""
    counted = counter if counter is not None else [0]
    certificate = issue(NAMES)
    (directory / "upstream-ca.crt").write_bytes(certificate.authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile(suffix=".pem") as chain:
        chain.write(certificate.chain)
        chain.flush()
        context.load_cert_chain(chain.name)
    answer = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"inserted_count":1}'

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                counted[0] += 1
                writer.write(answer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def connection(spec: dict[str, Any], context: ssl.SSLContext, until: float, latencies: list[float]) -> int:
    """One keep-alive connection through the proxy; returns how many answers were not 200."""
    reader, writer = await asyncio.open_connection(*spec["proxy"])
    target = f"{spec['host']}:{spec['port']}"
    writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    await writer.start_tls(context, server_hostname=spec["host"])
    body = spec["body"].encode()
    head = f"POST {spec['path']} HTTP/1.1\r\nHost: {target}\r\nContent-Type: application/json\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    errors = 0
    while (started := time.perf_counter()) < until:
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        errors += not answer.startswith(b"HTTP/1.1 200")
        latencies.append(time.perf_counter() - started)
    writer.close()
    return errors


async def load(spec: dict[str, Any]) -> dict[str, float]:
    """Run all connections of ``spec`` at once."""
    context = ssl.create_default_context(cafile=spec["ca_file"])
    latencies: list[float] = []
    started = time.perf_counter()
    until = started + spec["seconds"]
    errors = await asyncio.gather(*(connection(spec, context, until, latencies) for _ in range(spec["connections"])))
    seconds = time.perf_counter() - started
    latencies.sort()
    return {
        "requests": len(latencies),
        "seconds": seconds,
        "errors": sum(errors),
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[len(latencies) * 99 // 100],
    }


if __name__ == "__main__":
    if sys.argv[1] == "upstream":
        asyncio.run(serve(Path(sys.argv[2])))
    else:
        print(json.dumps(asyncio.run(load(json.loads(sys.argv[2])))))
