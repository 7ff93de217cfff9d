"""Before it serves, the proxy tells itself a secret and listens for it: what does not keep it does not start.

A random value is learned as secrets are, then said through every way that something gets out of this process: log
lines, stdout and stderr, warnings, exceptions that nobody catches, in the main thread and in others; and, in memory, an
entry of the trail, a payload file and the refusals that clients get. What is said aloud is caught below Python, at the
file descriptors 1 and 2. The value may stand in none of it, in no usual form; and each way must be seen to say
something, or the test would be none.

``check_secrecy`` raises ``SecretExposed``, which names the ways and no value.
"""

import base64
import logging
import os
import secrets
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO

from beacon_audit.contracts import Contract
from beacon_audit.errors import SecretExposed
from beacon_audit.exchange import record
from beacon_audit.exchange.judge import judge
from beacon_audit.model import Outcome, Request
from beacon_audit.policy import Policy
from beacon_audit.proxy.identity import new_id, now
from beacon_audit.proxy.refusals import refuse
from beacon_audit.redaction import SecretRegistry, Tokens
from beacon_audit.trail import build_payload
from beacon_audit.trail.entry import encode_entry

logger = logging.getLogger(__name__)

#: Stands beside the value, so that it is seen that something came out.
_MARK = "startup-canary"


def check_secrecy(contract: Contract, policy: Policy, registry: SecretRegistry, tokens: Tokens) -> None:
    """Check everything, once, when the log is set up and before anything else is said.

    Raises:
        SecretExposed: the value came out somewhere, or nothing came out.
    """
    canary = _made_up()
    registry.learn(canary, "token")
    found = _said_aloud(canary) | _written(canary, contract, policy, registry, tokens)
    exposed = [way for way, said in found.items() if _is_told(canary, said)]
    if exposed:
        raise SecretExposed(
            f"a secret would be told in clear: {', '.join(exposed)}; this is a defect: please report it"
        )
    silent = [way for way, said in found.items() if _MARK.encode() not in said]
    if silent:
        raise SecretExposed(f"whether a secret would be told cannot be seen, nothing came out: {', '.join(silent)}")


def _made_up() -> str:
    return secrets.token_hex(24)  # a multiple of three bytes, so that its base64 does not depend on what follows


def _is_told(canary: str, said: bytes) -> bool:
    plain = canary.encode()
    text = said.replace(b"\n", b"").lower()
    return any(form.lower() in text for form in (plain, plain.hex().encode(), base64.b64encode(plain)))


def _said_aloud(canary: str) -> dict[str, bytes]:
    """What comes out of the process, by the way it is said."""
    text = f"{_MARK} {canary} {canary.encode().hex()} {base64.b64encode(canary.encode()).decode()}"
    found = {}
    for way, say in _WAYS.items():
        with _caught() as caught:
            say(text)
            # What could be the beginning of a secret waits for what comes next.
            for stream in (sys.stdout, sys.stderr):
                print("end of a test of secrecy", file=stream, flush=True)
        caught.seek(0)
        found[way] = caught.read()
        caught.close()
    return found


def _fail(text: str) -> None:
    error = ValueError(text)
    error.add_note(text)
    raise error from KeyError(text)


def _log(text: str) -> None:
    logger.critical("%s %r", text, text.encode(), extra={"beside": text})
    try:
        _fail(text)
    except ValueError:
        logger.critical("%s", text, exc_info=True, stack_info=True)


def _warn(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(text, stacklevel=1)


def _uncaught(text: str) -> None:
    try:
        _fail(text)
    except ValueError as error:
        print(_MARK, file=sys.stderr)  # the hook says nothing but frames and types
        sys.excepthook(type(error), error, error.__traceback__)


def _uncaught_in_thread(text: str) -> None:
    thread = threading.Thread(target=_fail, args=(text,), name=text)
    thread.start()
    thread.join()


class _Unraisable:
    def __init__(self, text: str) -> None:
        self._text = text

    def __del__(self) -> None:
        print(_MARK, file=sys.stderr)
        _fail(self._text)


_WAYS: Mapping[str, Callable[[str], object]] = {
    "log": _log,
    "standard output": print,
    "standard error": lambda text: print(text, file=sys.stderr),
    "standard error, a letter at a time": lambda text: [sys.stderr.write(letter) for letter in f"{text}\n"],
    "warnings": _warn,
    "uncaught exceptions": _uncaught,
    "uncaught exceptions of threads": _uncaught_in_thread,
    "exceptions that cannot be raised": _Unraisable,
}


@contextmanager
def _caught() -> Iterator[IO[bytes]]:
    """What is written to the file descriptors 1 and 2 inside."""
    caught = _file_in_memory()
    _flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    try:
        for number in kept:
            os.dup2(caught.fileno(), number)
        yield caught
    finally:
        _flush()
        for number, former in kept.items():
            os.dup2(former, number)
            os.close(former)


def _file_in_memory() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("startup-canary"), "w+b")
    return tempfile.TemporaryFile()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with suppress(ValueError, AttributeError):
            if stream is not None:
                stream.flush()


def _written(
    canary: str, contract: Contract, policy: Policy, registry: SecretRegistry, tokens: Tokens
) -> dict[str, bytes]:
    """What would be written to the trail and to payload files, and told to the client, if the value came in every place
    of a request."""
    context = record.RecordContext(registry, tokens, policy.digest, contract.name)
    text = f"{_MARK} {canary}"
    endpoint = contract.endpoints[0]
    known, unknown = (_request(canary, endpoint.method, path) for path in (endpoint.path, f"/{_MARK}/{canary}"))
    judgements = {
        request: judge(request, (), contract=contract, policy=policy, registry=registry) for request in (known, unknown)
    }
    entries = [record.request_fields(context, request, judged, canary) for request, judged in judgements.items()]
    entries += [
        record.unparsed_fields(
            context, source=text, method=canary, host=canary, path=canary, code="wire.http-head", reason=text
        ),
        record.outcome_fields(context, Outcome("unknown", text)),
    ]
    head = {"type": "refusal", "id": new_id(), "time": now()}
    payload = record.request_payload(context, known, judgements[known])
    refusals = [
        refuse(told, record=_MARK, code=decided.code, reason=decided.reason, sink=False, protobuf=binary)
        for decided in (judged.decision for judged in judgements.values())
        for told in (None, *contract.endpoints)
        for binary in (False, True)
    ]
    content = build_payload([_MARK, payload], bytes(32), name="startup.json.zst", date=now()[:10]).content
    return {
        "the trail": b"\n".join(encode_entry(fields | head, 0) for fields in entries),
        "payload files": content,
        "what clients are told": b"\n".join(refusal.body for refusal in refusals),
    }


def _request(canary: str, method: str, path: str) -> Request:
    body = f'{{"{_MARK}": "{canary}", "{canary}": ["a {canary} b"]}}'
    return Request(
        source="127.0.0.1:1",
        method=method,
        scheme="https",
        host=f"{canary}.example",
        port=443,
        target=f"{path}?{canary}",
        http_version="HTTP/1.1",
        tls=True,
        sni=None,
        connect_target=None,
        host_headers=(canary,),
        authority=None,
        headers=(("content-type", "application/json"), ("x-canary", canary)),
        body=body.encode(),
    )
