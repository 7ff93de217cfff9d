"""An approval is recorded once, or whoever asked hears that it was not, and nothing of it is left."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from beacon_audit.errors import TrailUnavailable
from beacon_audit.home import Home, approve, create_home, open_trail_writer
from beacon_audit.home.approval_spool import finish_request, refuse_request, take_request, waiting_requests
from beacon_audit.home.approve import record_approvals
from beacon_audit.proxy.identity import new_id, now
from beacon_audit.trail import TrailWriter, read_trail
from beacon_audit.trail.approval import approval_fields

PARTS = [approval_fields({"span-name": [name]}, by="a", operator="b", reason="c") for name in ("x", "y")]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", ("beacon.langchain.com",))


def names(home: Home) -> list[object]:
    return [entry["names"] for entry in read_trail(home.trail) if entry["type"] == "approval"]


@contextmanager
def holding(home: Home, answer: Callable[[TrailWriter, str], None] | None = None) -> Iterator[None]:
    """Somebody holds the trail, and does ``answer`` with each request."""
    writer = open_trail_writer(home, new_id=new_id, now=now)
    done = threading.Event()

    def serve() -> None:
        while answer is not None and not done.is_set():
            for identity in waiting_requests(home) if home.requests.exists() else ():
                answer(writer, identity)
            time.sleep(0.01)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        writer.close()


def left(home: Home) -> list[str]:
    return [path.name for path in home.requests.iterdir()] if home.requests.exists() else []


def test_without_a_proxy_each_part_gets_an_entry(home: Home) -> None:
    recorded = record_approvals(home, PARTS, new_id=new_id, now=now)
    assert [(one.index, one.by_proxy) for one in recorded] == [(0, False), (1, False)]
    assert [entry["id"] for entry in read_trail(home.trail)] == [one.id for one in recorded]
    assert names(home) == [{"span-name": ["x"]}, {"span-name": ["y"]}]
    assert not home.requests.exists()


def test_with_a_proxy_its_writer_records_them(home: Home) -> None:
    def record(writer: TrailWriter, identity: str) -> None:
        fields = take_request(home, identity)
        assert fields is not None
        writer.submit({**fields, "type": "approval", "id": identity, "time": now()}).result(10)
        finish_request(home, identity)

    with holding(home, record):
        recorded = record_approvals(home, PARTS, new_id=new_id, now=now)
        assert [(one.index, one.by_proxy) for one in recorded] == [(0, True), (1, True)]
    assert names(home) == [{"span-name": ["x"]}, {"span-name": ["y"]}]
    assert left(home) == []


def test_holder_that_takes_no_requests_is_an_error_after_a_while_and_nothing_is_left(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approve, "GIVE_UP_SECONDS", 0.5)
    monkeypatch.setattr(approve, "TAKE_SECONDS", 0.3)
    with holding(home), pytest.raises(TrailUnavailable, match="took up no request within"):
        record_approvals(home, PARTS, new_id=new_id, now=now)
    assert left(home) == []
    assert names(home) == []


def test_trail_that_becomes_free_meanwhile_is_written_here(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approve, "TAKE_SECONDS", 0.3)
    writer = open_trail_writer(home, new_id=new_id, now=now)
    threading.Timer(0.3, writer.close).start()
    (recorded,) = record_approvals(home, PARTS[:1], new_id=new_id, now=now)
    assert not recorded.by_proxy
    assert names(home) == [{"span-name": ["x"]}]
    assert left(home) == []


def test_refusal_of_the_proxy_is_told_at_once(home: Home) -> None:
    def refuse(_: TrailWriter, identity: str) -> None:
        take_request(home, identity)
        refuse_request(home, identity)

    with holding(home, refuse), pytest.raises(TrailUnavailable, match="refused to record this approval; its log says"):
        record_approvals(home, PARTS, new_id=new_id, now=now)
    assert left(home) == []
    assert names(home) == []


def test_request_that_was_taken_and_not_recorded_is_not_called_recorded(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approve, "RECORD_SECONDS", 0.5)

    def take(_: TrailWriter, identity: str) -> None:
        take_request(home, identity)

    with (
        holding(home, take),
        pytest.raises(TrailUnavailable, match="look at its log, and at the trail for the id"),
    ):
        record_approvals(home, PARTS, new_id=new_id, now=now)
    assert names(home) == []
