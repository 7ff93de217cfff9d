"""The command line in a process whose every attempt to reach out is written down, and none succeeds.

``watched.py LOG run …``: a line ``lookup NAME`` for every question for the address of a name, ``connect HOST:PORT`` and
``send HOST:PORT`` for every attempt to reach one. Names lead to what the file ``LOG.addresses`` says (one address a
line), to nothing without it. An IP literal asks no question.
"""

import ipaddress
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from beacon_audit.cli import main

_ask = socket.getaddrinfo


def watch(log: Path) -> None:
    addresses = log.with_name(f"{log.name}.addresses")

    def write(line: str) -> None:
        with log.open("a") as file:
            file.write(f"{line}\n")

    def getaddrinfo(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
        if host is None or _is_literal(host):
            return _ask(host, port, *arguments, **named)
        write(f"lookup {host}")
        if not addresses.exists():
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [found for line in addresses.read_text().split() for found in _ask(line, port, type=socket.SOCK_STREAM)]

    def reach(what: str) -> Any:
        def attempt(_: socket.socket, *arguments: Any) -> NoReturn:
            host, port = arguments[-1][:2]
            write(f"{what} {host}:{port}")
            raise ConnectionRefusedError("nobody is reached from here")

        return attempt

    def old_lookup(host: str, *_: Any) -> NoReturn:
        write(f"lookup {host}")
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    replacements = {"getaddrinfo": getaddrinfo, "gethostbyname": old_lookup, "gethostbyname_ex": old_lookup}
    for name, replacement in replacements.items():
        setattr(socket, name, replacement)
    for name, what in (("connect", "connect"), ("connect_ex", "connect"), ("sendto", "send")):
        setattr(socket.socket, name, reach(what))


def _is_literal(host: Any) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
