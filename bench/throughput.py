"""Requests per second and latency against stock mitmproxy, in the same run.

Eight keep-alive connections send a documented usage report of about 700 bytes through one proxy at a time, TLS on both
sides: stock ``mitmdump -q`` (which records nothing), beacon-audit with everything on (two durable records and two
payload files a request), and beacon-audit with ``recording.payloads: none``. Rounds alternate, so that a slow moment of
the machine hits all of them; medians and the ratio to stock are printed.

    python bench/throughput.py [--seconds 4] [--rounds 3] [--connections 8]
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from beacon_audit import contracts
from beacon_audit.home import create_home

HERE = Path(__file__).parent
EDITION = "langsmith-beacon/2025-10"


@contextlib.contextmanager
def process(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A child that is ended, by its own id, when the block is left."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(30)


@contextlib.contextmanager
def stock(directory: Path, port: int) -> Iterator[dict[str, Any]]:
    """Stock mitmdump; it cannot dial elsewhere, so its destination is ``localhost`` itself."""
    command = [str(Path(sys.executable).with_name("mitmdump")), "-q"]
    command += ["--listen-host", "127.0.0.1", "--listen-port", str(port + 1)]
    confdir = directory / "mitmproxy"
    command += ["--set", f"confdir={confdir}"]
    command += ["--set", f"ssl_verify_upstream_trusted_ca={directory / 'upstream-ca.crt'}"]
    with process(command):
        authority = confdir / "mitmproxy-ca-cert.pem"
        while not authority.exists():
            time.sleep(0.1)
        time.sleep(1.5)
        yield {"proxy": ["127.0.0.1", port + 1], "host": "localhost", "port": port, "ca_file": str(authority)}


@contextlib.contextmanager
def ours(directory: Path, port: int, payloads: str) -> Iterator[dict[str, Any]]:
    """beacon-audit in ``enforce`` mode."""
    home = create_home(directory / f"home-{payloads}", ("beacon.langchain.com",))
    upstream = {"address": f"127.0.0.1:{port}", "ca_file": str(directory / "upstream-ca.crt")}
    policy = directory / f"{payloads}.yaml"
    policy.write_text(yaml.safe_dump({"version": 1, "recording": {"payloads": payloads}, "upstream": upstream}))
    command = [sys.executable, "-m", "beacon_audit.cli", "run", "--home", str(home.path), "--policy", str(policy)]
    command += ["--listen", "127.0.0.1:0", "--log-level", "warning"]
    with (directory / "proxy.log").open("w") as log, process(command, stderr=log) as child:
        assert child.stdout is not None
        host, _, number = json.loads(child.stdout.readline())["proxy"].rpartition(":")
        yield {
            "proxy": [host, int(number)],
            "host": "beacon.langchain.com",
            "port": 443,
            "ca_file": str(home.ca_certificate),
            "pid": child.pid,
        }


def usage_report() -> str:
    """The documented sample, with a license of a usual length."""
    edition = Path(contracts.__path__[0]) / "editions" / EDITION
    document = json.loads((edition / "samples" / "usage-ingest.request.json").read_text())
    document["license"] = "lcl_" + "0123456789abcdef" * 8
    return json.dumps(document)


def measure(directory: Path, port: int, options: argparse.Namespace) -> dict[str, list[dict[str, float]]]:
    """The results of every round, by candidate."""
    body = usage_report()
    shared = {"connections": options.connections, "path": "/v1/beacon/ingest-traces", "body": body}
    results: dict[str, list[dict[str, float]]] = {}
    for _ in range(options.rounds):
        for name, candidate in (
            ("stock mitmdump -q", stock(directory, port)),
            ("beacon-audit", ours(directory, port, "redacted")),
            ("beacon-audit, no payload files", ours(directory, port, "none")),
        ):
            with candidate as place:
                for seconds in (1, options.seconds):  # the first one warms up
                    spec = json.dumps({**shared, **place, "seconds": seconds})
                    run = subprocess.run(
                        [sys.executable, str(HERE / "load.py"), "client", spec],
                        capture_output=True,
                        text=True,
                        check=True,
                    )
                results.setdefault(name, []).append(json.loads(run.stdout))
    return results


def report(results: dict[str, list[dict[str, float]]]) -> None:
    """Print medians and the ratio to the first candidate."""
    table = Table("proxy", "requests/s", "p50 ms", "p99 ms", "errors", "ratio to stock")
    baseline = None
    for name, rounds in results.items():
        rates = [round_["requests"] / round_["seconds"] for round_ in rounds]
        baseline = baseline or rates
        ratio = statistics.median(rate / base for rate, base in zip(rates, baseline, strict=True))
        p50, p99 = (statistics.median(round_[key] for round_ in rounds) for key in ("p50_ms", "p99_ms"))
        errors = sum(round_["errors"] for round_ in rounds)
        figures = (f"{statistics.median(rates):.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{errors:.0f}", f"{ratio:.2f}")
        table.add_row(name, *figures)
    Console(width=100).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with process([sys.executable, str(HERE / "load.py"), "upstream", name]) as upstream:
            assert upstream.stdout is not None
            report(measure(directory, int(upstream.stdout.readline()), options))


if __name__ == "__main__":
    main()
