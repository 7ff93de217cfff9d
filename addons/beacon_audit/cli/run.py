"""``beacon-audit run``: the proxy, in the foreground, until SIGTERM or SIGINT.

Prints one JSON line on stdout when it is ready and one for every checkpoint of the trail; everything else goes to
stderr. Both are scrubbed of secrets. Exit status 0 after a clean stop, 2 after one that could not be recorded (the
trail has no ``close`` entry, and the log says why), 4 when it could not start.
"""

import argparse
import asyncio
import ipaddress
import json
import logging
import os
import resource
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from beacon_audit.cli.exit_status import FINE, INCOMPLETE
from beacon_audit.errors import ContractError, UsageError

if TYPE_CHECKING:
    from beacon_audit.contracts import Contract
    from beacon_audit.policy import Policy
    from beacon_audit.proxy.service import ProxyService

DEFAULT_LISTEN = ("127.0.0.1", 8080)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", metavar="FILE|PRESET", help="a policy file or the name of a preset (enforce)")
    parser.add_argument(
        "--mode", default="regular", metavar="MODE", help="regular, reverse[:HOST] or transparent (regular)"
    )
    parser.add_argument(
        "--listen",
        action="append",
        metavar="HOST:PORT",
        type=address,
        help="may be given again, for IPv6 beside IPv4 (127.0.0.1:8080)",
    )
    parser.add_argument(
        "--admin",
        metavar="[HOST:]PORT",
        type=admin_address,
        help="health checks, on 127.0.0.1 without HOST; none without it",
    )
    parser.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"), help="(info)")


def address(text: str) -> tuple[str, int]:
    """``HOST:PORT`` with an IP address or ``localhost``: resolving a name would ask a DNS question."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    try:
        literal = str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
        number = int(port)
    except ValueError:
        literal, number = "", -1
    if not colon or not literal or not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("expected HOST:PORT with an IP address, for example 127.0.0.1:8080")
    return literal, number


def admin_address(text: str) -> tuple[str, int]:
    """As ``address``; a port alone is one of loopback, so that nobody is let in by saying less."""
    return address(f"127.0.0.1:{text}" if text.isdecimal() else text)


def listening_mode(text: str) -> tuple[str, str | None]:
    """The kind of listener and the host that reverse mode answers as.

    Raises:
        UsageError: no such mode.
    """
    kind, colon, host = text.partition(":")
    if kind in ("regular", "transparent") and not colon:
        return kind, None
    if kind == "reverse" and bool(colon) == bool(host):
        return "reverse", host or None
    raise UsageError("--mode: expected regular, reverse[:HOST] or transparent")


def run(args: argparse.Namespace) -> int:
    """Start, serve, stop."""
    from beacon_audit.redaction.closed_process import close_process, take_from_environment

    close_process()
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # a connection needs two

    from beacon_audit.exchange.secrets import public_words
    from beacon_audit.home import open_home
    from beacon_audit.policy import check_endpoint_names, load_policy
    from beacon_audit.proxy.gate import GatedEventLoop
    from beacon_audit.proxy.service import ProxyService, Settings
    from beacon_audit.proxy.startup_canary import check_secrecy
    from beacon_audit.redaction import SecretRegistry, Tokens, install_log_scrubbing

    mode, reverse_host = listening_mode(args.mode)
    home = open_home(Path(args.home))
    tokens = Tokens(home.token_key())
    registry = SecretRegistry(tokens)
    # Before anything can be logged: the key that this process was told about.
    if license_key := take_from_environment("LANGSMITH_LICENSE_KEY"):
        registry.learn(license_key)
    _log_to_stderr(args.log_level)
    install_log_scrubbing(registry)
    if os.geteuid() == 0:
        logging.getLogger(__name__).warning("this proxy runs as root, which it needs for nothing; give it a user")
    load = partial(load_policy, args.policy, cwd=Path.cwd())
    policy = load()
    contract = _contract(policy)
    check_endpoint_names(policy, contract.endpoints)
    registry.never(public_words(contract))
    listen = tuple(dict.fromkeys(args.listen or [DEFAULT_LISTEN]))
    settings = Settings(home, policy, contract, mode, reverse_host, listen, lambda files: load(files=files))
    settings.allowed()
    check_secrecy(contract, policy, registry, tokens)
    with asyncio.Runner(loop_factory=GatedEventLoop) as runner:
        recorded = runner.run(_serve(ProxyService(settings, registry, tokens), args.admin))
    return FINE if recorded else INCOMPLETE


def _contract(policy: "Policy") -> "Contract":
    """The contract that ``policy`` names; an error says where it does."""
    from beacon_audit.contracts import load_contract

    try:
        return load_contract(policy.contract)
    except ContractError as error:
        place = policy.places.get("contract")
        if place is None:
            raise
        raise ContractError(f"{place.file}:{place.line}:{place.column}: {error}") from None


def _log_to_stderr(level: str) -> None:
    from beacon_audit.redaction import discreet_record

    logging.setLogRecordFactory(discreet_record)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    if level != "debug":
        # A line per connection is mitmproxy's way; ours is a line per decision.
        logging.getLogger("mitmproxy").setLevel(logging.WARNING)


async def _serve(service: "ProxyService", admin_address: tuple[str, int] | None) -> bool:
    """Whether the end of the run is on record."""
    from beacon_audit.admin.server import start_admin
    from beacon_audit.cli.checkpoint_lines import CheckpointLines
    from beacon_audit.cli.hangup import on_hangup

    lines = CheckpointLines()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    on_hangup(reload=service.reload, stop=service.stop)

    def readiness() -> tuple[bool, str]:
        health = service.health()
        return health.ready, health.reason

    try:
        admin = start_admin(admin_address, readiness) if admin_address else None
    except OSError as error:
        raise UsageError(f"--admin: cannot listen there: {error.strerror}; choose an address that is free") from None

    def announce(ready: dict[str, object]) -> None:
        print(json.dumps({**ready, "admin": admin[1] if admin else None}), flush=True)
        lines.start()

    try:
        return await service.run(announce, lines.add)
    finally:
        lines.close()
        if admin:
            admin[0].stop()
