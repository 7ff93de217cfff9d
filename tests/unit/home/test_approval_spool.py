"""The place where a proxy is asked: nothing is believed for lying there, and a request has one fate."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.home import Home, create_home
from beacon_audit.home.approval_spool import (
    REQUEST_BYTES,
    STALE_SECONDS,
    RequestRefused,
    ask,
    clear_spool,
    finish_request,
    is_refused,
    is_taken,
    is_waiting,
    make_spool,
    refuse_request,
    take_request,
    waiting_requests,
    withdraw,
)
from beacon_audit.trail.approval import approval_fields

ID = "01j0000000000000000request"
FIELDS = approval_fields({"span-name": ["a"]}, by="a", operator="b", reason="c")


@pytest.fixture
def spool(tmp_path: Path) -> Home:
    home = create_home(tmp_path / "home", ("beacon.langchain.com",))
    make_spool(home)
    return home


def put(home: Home, content: bytes, name: str = f"{ID}.json") -> Path:
    path = home.requests / name
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def test_request_is_taken_as_it_was_asked_and_closed_to_others(spool: Home) -> None:
    ask(spool, ID, FIELDS)
    assert (spool.requests.stat().st_mode & 0o777, (spool.requests / f"{ID}.json").stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )
    assert waiting_requests(spool) == [ID]
    assert take_request(spool, ID) == FIELDS
    assert (is_waiting(spool, ID), is_taken(spool, ID), is_refused(spool, ID)) == (False, True, False)
    finish_request(spool, ID)
    assert list(spool.requests.iterdir()) == []


def test_request_that_was_withdrawn_is_not_taken(spool: Home) -> None:
    ask(spool, ID, FIELDS)
    assert withdraw(spool, ID)
    assert take_request(spool, ID) is None


def test_request_that_was_taken_is_not_withdrawn_and_not_taken_twice(spool: Home) -> None:
    ask(spool, ID, FIELDS)
    take_request(spool, ID)
    assert not withdraw(spool, ID)
    assert take_request(spool, ID) is None


def test_refused_request_is_told_and_cleared_by_who_asked(spool: Home) -> None:
    ask(spool, ID, FIELDS)
    take_request(spool, ID)
    refuse_request(spool, ID)
    assert is_refused(spool, ID)
    withdraw(spool, ID)
    assert list(spool.requests.iterdir()) == []


def test_start_forgets_what_an_earlier_proxy_took_and_keeps_what_waits(spool: Home) -> None:
    ask(spool, ID, FIELDS)
    put(spool, b"", f"{ID[:-1]}x.taken")
    put(spool, b"", f"{ID[:-1]}y.refused")
    clear_spool(spool)
    assert [path.name for path in spool.requests.iterdir()] == [f"{ID}.json"]


@pytest.mark.parametrize(
    "name", ["x.json", f"{ID}.jsonx", f".{ID}.json.new", f"{ID.upper()}.json", f"{ID}0.json", f"{ID}.json\n"]
)
def test_file_with_another_name_is_no_request(spool: Home, name: str) -> None:
    put(spool, json.dumps(FIELDS).encode(), name)
    assert waiting_requests(spool) == []


def link(path: Path) -> None:
    target = path.with_name("target")
    path.rename(target)
    path.symlink_to(target)


def hard_link(path: Path) -> None:
    os.link(path, path.with_name("second"))


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


def old(path: Path) -> None:
    then = path.stat().st_mtime - STALE_SECONDS - 1
    os.utime(path, (then, then))


def open_to_others(path: Path) -> None:
    path.chmod(0o640)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (link, "expected a regular file"),
        (hard_link, "expected a regular file with one name"),
        (pipe, "expected a regular file"),
        (directory, "expected a regular file"),
        (old, "seconds old"),
        (open_to_others, "closed to others"),
    ],
)
def test_what_is_no_fresh_private_regular_file_is_refused(
    spool: Home, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(put(spool, json.dumps(FIELDS).encode()))
    with pytest.raises(RequestRefused, match=said):
        take_request(spool, ID)
    refuse_request(spool, ID)
    assert waiting_requests(spool) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_file_of_another_user_is_refused(spool: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(put(spool, json.dumps(FIELDS).encode()), 12345, 12345)
    with pytest.raises(RequestRefused, match="belongs to user"):
        take_request(spool, ID)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_what_root_asks_of_a_home_of_another_user_belongs_to_that_user(tmp_path: Path) -> None:
    home = create_home(tmp_path / "home", ("beacon.langchain.com",))
    os.chown(home.path, 12345, 12346)
    ask(home, ID, FIELDS)
    for path in (home.requests, home.requests / f"{ID}.json"):
        assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"by":"a"}',
        json.dumps({**FIELDS, "type": "intent"}).encode(),
        json.dumps({**FIELDS, "payload": None}).encode(),
        json.dumps({**FIELDS, "names": {}}).encode(),
        json.dumps({**FIELDS, "names": {"endpoint": ["x"]}}).encode(),
        b"[" * 20_000 + b"]" * 20_000,
    ],
)
def test_content_that_is_no_approval_is_refused_and_not_quoted(spool: Home, content: bytes) -> None:
    put(spool, content)
    with pytest.raises(RequestRefused) as caught:
        take_request(spool, ID)
    assert "endpoint" not in str(caught.value)


def test_content_without_end_is_not_read(spool: Home) -> None:
    put(spool, json.dumps(FIELDS).encode() + b" " * REQUEST_BYTES)
    with pytest.raises(RequestRefused, match=f"at most {REQUEST_BYTES} bytes"):
        take_request(spool, ID)


def test_directory_that_others_can_enter_or_that_is_a_link_is_not_used(spool: Home, tmp_path: Path) -> None:
    spool.requests.chmod(0o750)
    with pytest.raises(RequestRefused, match="closed to others"):
        waiting_requests(spool)
    spool.requests.chmod(0o700)
    spool.requests.rename(tmp_path / "elsewhere")
    spool.requests.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="requests"):
        waiting_requests(spool)
