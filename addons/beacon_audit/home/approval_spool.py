"""How a running proxy is asked to record an approval: by a file in ``HOME/requests``, which has three names in turn.

::

    <id>.json      asked; whoever renames or deletes it decides what becomes of it
    <id>.taken     the proxy has it; gone once its entry is durable
    <id>.refused   the proxy will not record it, and its log says why

A rename is atomic, so a request that could be withdrawn was never recorded, and one that was taken is recorded at most
once. A file is one JSON object with exactly the fields of the entry (``trail.approval``), closed to others.

Both ends are here. What is taken is checked as if a stranger had written it: `RequestRefused` says what is wrong and
quotes nothing. Besides, ``OSError``.
"""

import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import orjson

from beacon_audit.errors import TrailCorrupt
from beacon_audit.home.layout import Home
from beacon_audit.home.private_files import create_directory, replace_file, sync_directory
from beacon_audit.trail.approval import read_approval

#: An entry has at most 65,000 bytes, with its id, time and index.
REQUEST_BYTES = 64_000
#: A request that nobody waits for any more is not recorded.
STALE_SECONDS = 60.0
#: So many requests are looked at in one round.
_MOST = 64
_FIELDS = frozenset({"by", "operator", "reason", "names"})
_NAME = re.compile(r"([0-9a-z]{26})\.json")


class RequestRefused(Exception):
    """A request that is not as it must be; the text says what was expected."""


def make_spool(home: Home) -> None:
    """Let there be a place for requests, which belongs to the owner of ``home`` whoever makes it."""
    found = home.path.stat()
    create_directory(home.requests, (found.st_uid, found.st_gid))


def ask(home: Home, identity: str, fields: Mapping[str, object]) -> None:
    """Leave the request ``identity`` for the proxy of ``home``."""
    make_spool(home)
    found = home.path.stat()
    # The proxy may not be who asks: what root writes for it must be its own to read.
    replace_file(home.requests / f"{identity}.json", orjson.dumps(fields), owner=(found.st_uid, found.st_gid))


def is_waiting(home: Home, identity: str) -> bool:
    return os.path.lexists(home.requests / f"{identity}.json")


def is_taken(home: Home, identity: str) -> bool:
    return os.path.lexists(home.requests / f"{identity}.taken")


def is_refused(home: Home, identity: str) -> bool:
    return os.path.lexists(home.requests / f"{identity}.refused")


def withdraw(home: Home, identity: str) -> bool:
    """Take the request back. True: it was not taken, and nobody will record it."""
    with suppress(FileNotFoundError):
        (home.requests / f"{identity}.refused").unlink()
    try:
        (home.requests / f"{identity}.json").unlink()
    except FileNotFoundError:
        return False
    sync_directory(home.requests)
    return True


def clear_spool(home: Home) -> None:
    """Forget what an earlier proxy took or refused: whoever asked has read the trail instead."""
    with _spool(home) as spool:
        for name in _names(spool):
            if name.endswith((".taken", ".refused")):
                with suppress(OSError):  # whatever else has such a name is nobody's request
                    os.unlink(name, dir_fd=spool)


def waiting_requests(home: Home) -> list[str]:
    """The ids of requests that wait, oldest first."""
    with _spool(home) as spool:
        return sorted(match[1] for name in _names(spool) if (match := _NAME.fullmatch(name)))[:_MOST]


def take_request(home: Home, identity: str) -> Mapping[str, object] | None:
    """Take the request ``identity``; its fields, or ``None`` when it was withdrawn. Raises `RequestRefused`."""
    with _spool(home) as spool:
        try:
            os.rename(f"{identity}.json", f"{identity}.taken", src_dir_fd=spool, dst_dir_fd=spool)
        except FileNotFoundError:
            return None
        return _fields(_content(spool, f"{identity}.taken"))


def finish_request(home: Home, identity: str) -> None:
    """Say that the entry of a request that was taken is durable."""
    with _spool(home) as spool, suppress(FileNotFoundError):
        os.unlink(f"{identity}.taken", dir_fd=spool)


def refuse_request(home: Home, identity: str) -> None:
    """Say that a request that was taken is not recorded."""
    with _spool(home) as spool, suppress(FileNotFoundError):
        os.rename(f"{identity}.taken", f"{identity}.refused", src_dir_fd=spool, dst_dir_fd=spool)


@contextmanager
def _spool(home: Home) -> Iterator[int]:
    """The directory, held open so that nothing can be put in its place; it must be closed to others."""
    descriptor = os.open(home.requests, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _check_access(os.fstat(descriptor), str(home.requests))
        yield descriptor
    finally:
        os.close(descriptor)


def _names(spool: int) -> list[str]:
    with os.scandir(spool) as found:
        return [entry.name for entry in found]


def _content(spool: int, name: str) -> bytes:
    # Without O_NONBLOCK a pipe would hold the proxy up until somebody writes to it.
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=spool)
    except OSError:
        raise RequestRefused(f"requests/{name}: expected a regular file that can be read") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise RequestRefused(f"requests/{name}: expected a regular file with one name")
        _check_access(found, f"requests/{name}")
        if time.time() - found.st_mtime > STALE_SECONDS:
            raise RequestRefused(f"requests/{name}: more than {STALE_SECONDS:g} seconds old; ask again")
        data = os.read(descriptor, REQUEST_BYTES + 1)  # of a regular file it gives all that there is
    finally:
        os.close(descriptor)
    if len(data) > REQUEST_BYTES:
        raise RequestRefused(f"requests/{name}: expected at most {REQUEST_BYTES} bytes")
    return data


def _check_access(found: os.stat_result, place: str) -> None:
    if found.st_uid not in (os.geteuid(), 0) or found.st_mode & 0o077:
        raise RequestRefused(f"{place}: expected what belongs to user {os.geteuid()} and is closed to others")


def _fields(data: bytes) -> Mapping[str, object]:
    try:
        fields = orjson.loads(data)
    except orjson.JSONDecodeError:
        fields = None
    if not isinstance(fields, dict) or fields.keys() != _FIELDS:
        raise RequestRefused("expected one JSON object with the fields of an approval")
    try:
        read_approval(fields)
    except TrailCorrupt as error:
        raise RequestRefused(str(error)) from None
    return fields
