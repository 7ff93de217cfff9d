"""Bodies of all clients together: bounded, given back whatever way their requests end, and nobody's to keep."""

import contextlib
import os
import re
import signal
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path

import pytest

from beacon_audit.demo.answers import Behaviour
from harness.client import Tunnel
from harness.frame_client import FrameClient, h2_context
from harness.http2_corpus.case import GOOD, request
from harness.http2_corpus.wire import INITIAL_WINDOW_SIZE, block, data, headers, reset, window_update
from harness.memory import memory_of
from harness.rig import Rig, eventually, request_head, running_rig
from harness.usage_reports import PATH, usage_report

BODY = 1 << 20
BUFFERED = 4 * BODY
#: Of eight parts, seven are for requests.
FOR_REQUESTS = BUFFERED * 7 // 8
CODE = "containment.too-many-bodies"
REPORT = usage_report(1)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    limits = {"body_bytes": BODY, "buffered_bytes": BUFFERED}
    with running_rig(tmp_path_factory.mktemp("bodies"), launcher="held_bodies", limits=limits) as running:
        yield running
        running.proxy.kill()  # it would wait for what the hooks that failed have left open


@pytest.fixture(scope="module")
def context(rig: Rig) -> ssl.SSLContext:
    return h2_context(rig.proxy.home.ca_certificate)


@pytest.fixture(autouse=True)
def nothing_is_left(rig: Rig) -> Iterator[None]:
    """Whatever a test does, when its clients have gone nothing is held."""
    rig.switch.unlink(missing_ok=True)
    yield
    rig.switch.unlink(missing_ok=True)
    eventually(lambda: held(rig) == 0, seconds=20)
    with rig.tunnel() as tunnel:
        assert tunnel.send(PATH, REPORT.ljust(BODY)).status == 200


def held(rig: Rig) -> int:
    """How many bytes of bodies the proxy holds, as it counts them."""
    already = len(_told(rig))
    os.kill(rig.proxy.pid, signal.SIGUSR1)
    eventually(lambda: len(_told(rig)) > already, seconds=20)
    return int(_told(rig)[-1])


def _told(rig: Rig) -> list[str]:
    return re.findall(r"^held ([0-9]+)$", rig.proxy.stderr, re.MULTILINE)


def refusals_after(rig: Rig, already: int, count: int) -> list[dict[str, object]]:
    """The refusals of the trail from number ``already`` on, when there are ``count``."""
    eventually(lambda: len(rig.proxy.entries("refusal")) >= already + count, seconds=20)
    return rig.proxy.entries("refusal")[already:]


def begin_stream(stream: int, size: int) -> bytes:
    """A request over HTTP/2, and ``size`` bytes of a body that goes on."""
    body = b"".join(data(stream, bytes(min(16_384, size - at)), flags=0) for at in range(0, size, 16_384))
    return headers(stream, block(GOOD)) + body


def test_unfinished_requests_of_one_connection_are_bounded_and_those_that_gave_way_are_told(
    rig: Rig, context: ssl.SSLContext
) -> None:
    already, before = len(rig.proxy.entries("refusal")), memory_of(rig.proxy.pid)
    with FrameClient(rig.proxy.address, context) as client:
        client.begin()
        client.send(window_update(0, 2**30))
        streams = range(1, 61, 2)
        for stream in streams:
            client.send(begin_stream(stream, BODY))
        client.settle()
        assert FOR_REQUESTS - BODY < held(rig) <= FOR_REQUESTS
        assert memory_of(rig.proxy.pid) - before < 5 * BUFFERED  # of 30 MiB that came
        client.send(b"".join(data(stream, b"") for stream in streams))
        statuses = client.settle(*streams).statuses
    assert [statuses[stream] for stream in streams] == [503] * 27 + [403] * 3
    refusals = refusals_after(rig, already, 30)
    assert sorted(str(entry["reason_code"]) for entry in refusals).count(CODE) == 27
    assert len({entry["id"] for entry in refusals}) == len(refusals) == 30


def test_refusal_says_when_to_try_again_and_names_its_record_and_the_connection_goes_on(rig: Rig) -> None:
    already = len(rig.proxy.entries("refusal"))
    with ExitStack() as stack:
        first, *others = [stack.enter_context(rig.tunnel()) for _ in range(5)]
        for each in (first, *others):
            each.write(request_head(BODY) + bytes(BODY - 1))
            eventually(lambda: held(rig) % (BODY - 1) == 0, seconds=20)
        answer = first.send_raw(b"}")
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        (refusal,) = [entry for entry in refusals_after(rig, already, 1) if entry["id"] == answer.json()["record"]]
        assert (refusal["reason_code"], refusal["status"], refusal["action"]) == (CODE, 503, "refused")
        assert first.send(PATH, REPORT).status == 200


def test_rest_of_a_request_that_gave_way_is_read_as_that_and_answered_no_more(rig: Rig) -> None:
    """It may look like another request, and may be broken: its client has its answer."""
    already = len(rig.proxy.entries("refusal"))
    chunked = request_head(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"%x\r\n" % BODY
    within = request_head(len(REPORT)) + REPORT
    with ExitStack() as stack:
        first = stack.enter_context(rig.tunnel())
        first.write(chunked + bytes(BODY // 2))
        eventually(lambda: held(rig) == BODY // 2, seconds=20)
        for _number in range(4):
            stack.enter_context(rig.tunnel()).write(request_head(BODY) + bytes(BODY - 1))
        eventually(lambda: held(rig) == 3 * (BODY - 1), seconds=20)
        assert first.send_raw(bytes(BODY // 2 - len(within)) + within).status == 503
        first.write(b"\r\nzebra\r\n")
        assert first._socket.recv(4096) == b""
    # The first, the first of the four, which gave way to the last, and three that were left.
    codes = [entry["reason_code"] for entry in refusals_after(rig, already, 5)]
    assert (codes.count(CODE), codes.count("wire.http-message")) == (2, 3)


def test_who_sends_slowly_keeps_the_room_from_nobody(rig: Rig) -> None:
    """The same source, so that only what was begun later can tell the honest from the others."""
    already = len(rig.proxy.entries("refusal"))
    with ExitStack() as stack:
        slow = [stack.enter_context(rig.tunnel()) for _ in range(6)]
        for each in slow:
            each.write(request_head(BODY) + bytes(BODY // 2))
        eventually(lambda: held(rig) == 6 * BODY // 2, seconds=20)
        for number in range(3):
            with rig.tunnel() as honest:
                assert honest.send(PATH, usage_report(number).ljust(BODY)).status == 200
            assert rig.send(number).status == 200
    codes = [entry["reason_code"] for entry in refusals_after(rig, already, 6)]
    assert (codes.count(CODE), codes.count("wire.http-message")) == (1, 5)


def test_answer_that_finds_no_room_is_withheld(tmp_path: Path) -> None:
    size = 64 * 1024
    limits = {"body_bytes": size, "buffered_bytes": size}
    answer = b'{"inserted_count":1}'.ljust(size // 2)
    with running_rig(tmp_path, launcher="held_bodies", limits=limits, behaviour=Behaviour(body=answer)) as rig:
        with rig.tunnel() as tunnel:
            assert tunnel.send(PATH, REPORT).status == 200
            assert tunnel.send(PATH, REPORT.ljust(size)).status == 502
        eventually(lambda: held(rig) == 0, seconds=20)
        assert [state for _, state in rig.outcomes()] == ["sent", "unknown"]
        assert "no room" in rig.proxy.entries("outcome")[-1]["reason"]
        assert rig.send(1).status == 200


def open_no_window(rig: Rig, stack: ExitStack) -> None:
    client = stack.enter_context(FrameClient(rig.proxy.address, h2_context(rig.proxy.home.ca_certificate)))
    client.begin((INITIAL_WINDOW_SIZE, 0))
    client.send(request(1))


def read_nothing(rig: Rig, stack: ExitStack) -> None:
    stack.enter_context(rig.tunnel()).write(request_head(len(REPORT)) + REPORT)


@pytest.mark.parametrize("take_nothing", [open_no_window, read_nothing])
def test_answer_that_its_client_does_not_take_counts_until_it_has_gone(
    tmp_path: Path, take_nothing: Callable[[Rig, ExitStack], None]
) -> None:
    size = 16 * BODY  # some of it the kernel takes
    limits = {"body_bytes": size, "buffered_bytes": size + 4 * BODY}
    behaviour = Behaviour(body=b'{"inserted_count":1}'.ljust(size))
    with running_rig(tmp_path, launcher="held_bodies", limits=limits, behaviour=behaviour) as rig:
        with ExitStack() as stack:
            take_nothing(rig, stack)
            eventually(rig.outcomes, seconds=20)
            assert held(rig) > 4 * BODY
            assert rig.send(1).status == 502
        eventually(lambda: held(rig) == 0, seconds=20)
        assert rig.send(2).status == 200
        assert [state for _, state in rig.outcomes()] == ["sent", "unknown", "sent"]


def test_answer_that_is_left_in_a_closed_connection_counts_until_it_is_thrown_away(tmp_path: Path) -> None:
    """A client says that it has ended, takes nothing, and comes again on another connection."""
    size = 16 * BODY
    limits = {"body_bytes": size, "buffered_bytes": size + 4 * BODY, "connections": 1}
    behaviour = Behaviour(body=b'{"inserted_count":1}'.ljust(size))
    with running_rig(tmp_path, launcher="held_bodies", limits=limits, behaviour=behaviour) as rig:
        statuses: list[int] = []

        def is_served() -> list[int]:
            with contextlib.suppress(OSError, HTTPException):  # turned away, while the other is open
                statuses.append(rig.send(1).status)
            return statuses

        with rig.tunnel() as tunnel:
            tunnel.write(request_head(len(REPORT)) + REPORT)
            eventually(rig.outcomes, seconds=20)
            tunnel._socket.shutdown(socket.SHUT_WR)
            eventually(is_served, seconds=20)
            assert statuses == [502]
        eventually(lambda: held(rig) == 0, seconds=20)


def test_what_comes_while_a_record_is_written_is_not_collected(tmp_path: Path) -> None:
    """Behind a head that is none, where no stream is there to count it."""
    with running_rig(tmp_path, fault="slow-disk") as rig:
        assert rig.send(1).status == 200
        rig.switch.touch()
        before = most_memory(rig)
        with socket.create_connection(rig.proxy.address, 20) as plain:
            plain.sendall(b"zebra\r\n\r\n")
            with contextlib.suppress(OSError):
                plain.sendall(bytes(300_000_000))
        rig.switch.unlink()
        assert [entry["reason_code"] for entry in rig.proxy.entries("refusal")] == ["wire.http-head"]
        assert most_memory(rig) - before < 20_000_000


def most_memory(rig: Rig) -> int:
    """The largest resident set that the proxy ever had, in bytes."""
    found = re.search(r"^VmHWM:\s+([0-9]+) kB$", Path(f"/proc/{rig.proxy.pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


# --- ways to leave ---------------------------------------------------------------------------------------------------

PIECE = 20_000


def reset_streams(rig: Rig, context: ssl.SSLContext) -> None:
    for _ in range(7):
        with FrameClient(rig.proxy.address, context) as client:
            client.begin()
            client.send(window_update(0, 2**30))
            for stream in range(1, 201, 2):
                client.send(begin_stream(stream, PIECE) + reset(stream))
            client.settle()
            eventually(lambda: held(rig) == 0, seconds=20)


def leave_with_open_streams(rig: Rig, context: ssl.SSLContext) -> None:
    for _ in range(2):
        with FrameClient(rig.proxy.address, context) as client:
            client.begin()
            client.send(b"".join(begin_stream(stream, PIECE) for stream in range(1, 201, 2)))
            client.settle()


def begun(rig: Rig, head: bytes = b"") -> Tunnel:
    tunnel = rig.tunnel()
    tunnel.write((head or request_head(2 * PIECE)) + bytes(PIECE))
    return tunnel


def close_in_the_body(rig: Rig, _: ssl.SSLContext) -> None:
    for _number in range(50):
        begun(rig).close()


def break_in_the_body(rig: Rig, _: ssl.SSLContext) -> None:
    for _number in range(50):
        tunnel = begun(rig)
        tunnel._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        tunnel.close()


def send_bad_chunks(rig: Rig, _: ssl.SSLContext) -> None:
    head = request_head(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"%x\r\n" % PIECE
    for _number in range(20):
        with begun(rig, head) as tunnel:
            tunnel.read_to_the_end(b"zebra")


def send_too_much(rig: Rig, _: ssl.SSLContext) -> None:
    head = request_head(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    for _number in range(5):
        with rig.tunnel() as tunnel:
            assert tunnel.send_raw(head + b"%x\r\n" % (BODY + 1) + bytes(BODY + 1)).status == 413


def be_refused(rig: Rig, _: ssl.SSLContext) -> None:
    with rig.tunnel() as tunnel:
        for _number in range(20):
            assert tunnel.send(PATH, bytes(PIECE)).status == 403
        eventually(lambda: held(rig) == 0, seconds=20)


def be_answered(rig: Rig, _: ssl.SSLContext) -> None:
    with rig.tunnel() as tunnel:
        for number in range(20):
            assert tunnel.send(PATH, usage_report(number).ljust(PIECE)).status == 200
        eventually(lambda: held(rig) == 0, seconds=20)


def leave_before_the_answer(rig: Rig, context: ssl.SSLContext) -> None:
    whole = request_head(PIECE) + REPORT.ljust(PIECE)
    for _number in range(20):
        with rig.tunnel() as tunnel:
            tunnel.write(whole)
        with FrameClient(rig.proxy.address, context) as client:
            client.begin()
            client.send(b"".join(begin_stream(s, PIECE) + data(s, b"") for s in range(1, 11, 2)))


def meet_a_hook_that_fails(rig: Rig, context: ssl.SSLContext) -> None:
    rig.switch.touch()
    with rig.tunnel() as tunnel:
        for _number in range(5):
            assert tunnel.send(PATH, REPORT.ljust(PIECE)).status == 503
    close_in_the_body(rig, context)
    leave_before_the_answer(rig, context)


@pytest.mark.parametrize(
    "leave",
    [
        reset_streams, leave_with_open_streams, close_in_the_body, break_in_the_body, send_bad_chunks, send_too_much,
        be_refused, be_answered, leave_before_the_answer, meet_a_hook_that_fails,
    ],
)  # fmt: skip
def test_room_is_given_back_whatever_way_a_request_ends(
    rig: Rig, context: ssl.SSLContext, leave: Callable[[Rig, ssl.SSLContext], None]
) -> None:
    leave(rig, context)
    with rig.tunnel() as staying:  # while others stay
        staying.write(request_head(PIECE) + b"{")
        eventually(lambda: held(rig) == 1, seconds=20)
