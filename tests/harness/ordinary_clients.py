"""Clients as LangSmith's services have them, in processes of their own: told by environment variables alone.

What a client is given is what an operator sets in a deployment: the proxy's address and the CA file. Nothing else of
this machine's environment reaches it, so that no other proxy or trust setting can help or hinder it.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

URL = "https://beacon.langchain.com"
CLIENT_SECONDS = 30.0

#: Every client below reads ``BODY`` and ``URL`` from its environment and prints the status and then the body.
PYTHON_REQUESTS = """
import os, requests
answer = requests.post(os.environ["URL"], data=os.environ["BODY"], headers={"Content-Type": "application/json"})
print(answer.status_code, answer.text)
"""
PYTHON_HTTPX = """
import os, httpx
answer = httpx.post(os.environ["URL"], content=os.environ["BODY"], headers={"Content-Type": "application/json"})
print(answer.status_code, answer.text)
"""
_IN_CHUNKS = """
import gzip, os
body = gzip.compress(os.environ["BODY"].encode(), mtime=0)
pieces = (body[at : at + 50] for at in range(0, len(body), 50))
headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
"""
#: The same, compressed and in chunks.
PYTHON_REQUESTS_IN_CHUNKS = f"""{_IN_CHUNKS}
import requests
answer = requests.post(os.environ["URL"], data=pieces, headers=headers)
print(answer.status_code, answer.text)
"""
PYTHON_HTTPX_IN_CHUNKS = f"""{_IN_CHUNKS}
import httpx
answer = httpx.post(os.environ["URL"], content=pieces, headers=headers)
print(answer.status_code, answer.text)
"""
NODE_FETCH = """
const request = {method: "POST", headers: {"Content-Type": "application/json"}, body: process.env.BODY};
fetch(process.env.URL, request)
  .then(async (answer) => console.log(answer.status, await answer.text()))
  .catch((error) => { console.error(String(error), String(error.cause)); process.exit(1); });
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a client printed. ``status`` is 0 when it got no response; ``error`` then says why."""

    status: int
    body: str
    error: str


def curl(*options: str) -> tuple[str, ...]:
    """The command line of a curl that posts a JSON body."""
    shown = ("--silent", "--show-error", "--write-out", "\\n%{http_code}")
    return ("sh", "-c", 'exec curl "$@" --data-raw "$BODY" "$URL"', "curl", *shown, *options,
            "--header", "Content-Type: application/json")  # fmt: skip


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


def run(command: Sequence[str], body: bytes, *, path: str, environment: Mapping[str, str | Path]) -> Said:
    """Run one client with ``environment`` and little else."""
    given = {name: str(value) for name, value in environment.items()}
    inherited = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run(
        command,
        env={**inherited, **given, "URL": URL + path, "BODY": body.decode()},
        capture_output=True,
        text=True,
        timeout=CLIENT_SECONDS,
        check=False,
    )
    if "curl" in command:
        answer, _, code = done.stdout.rpartition("\n")
    else:
        code, _, answer = done.stdout.partition(" ")
    return Said(int(code or 0), answer.strip(), done.stderr)
