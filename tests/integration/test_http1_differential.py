"""What reaches Beacon is what was recorded, to every reader: a corpus of malformed and ambiguous HTTP/1 requests, sent
through a real proxy, and the bytes that came out of it read again by readers that disagree.

In observe mode most of what is only undocumented is let through, so that what is refused there is refused for what it
is, and is refused in enforce mode too (``property/test_policy_decisions.py``). What is let through meets all rules in
enforce mode, and a part of the rest with it.
"""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.ambiguous_http1 import corpus
from harness.ambiguous_http1.reasons import CODES, WITHOUT_A_RULE
from harness.ambiguous_http1.run import Run, run_of
from harness.h11_reader import read_by_h11
from harness.http1_readers import NO_HABITS, Message, Unreadable, all_habits, lenient, single_habits, strict

CASES = corpus()
_ALLOWED = [case for case in CASES if case.allowed]
_OBSERVED = [case for case in CASES if case.forwarded and not case.allowed]
_REFUSED = [case for case in CASES if not case.forwarded]
CASES_IN = {"observe": CASES, "enforce": [*_ALLOWED, *_OBSERVED[::4], *_REFUSED[::20]]}
_NODE = Path(__file__).parents[1] / "node" / "http_reader.js"
_WITHOUT = Path(__file__).parents[1] / "harness" / "launchers" / "without.py"
_GENERIC = "the request was not read to its end, or is not valid HTTP"


@pytest.fixture(scope="module", params=["observe", "enforce"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_of(tmp_path_factory.mktemp(request.param), request.param, CASES_IN[request.param])


def test_corpus_is_large_and_most_of_it_is_refused() -> None:
    assert len(_REFUSED) >= 500
    assert len({case.data for case in CASES}) > 0.98 * len(CASES)


def test_readers_of_these_tests_do_disagree_about_the_corpus() -> None:
    """Sent as they are, most of these would be one request to one reader and another to the next."""
    refused = [case for case in _REFUSED if case.place == "tunnel"]
    disputed = [case for case in refused if len({repr(lenient(case.data, habits)) for habits in single_habits()}) > 1]
    rejected = [case for case in refused if not is_strict(case.data)]
    assert len(disputed) > 250
    assert len(rejected) > 400


def is_strict(data: bytes) -> bool:
    try:
        strict(data)
    except Unreadable:
        return False
    return True


def test_every_case_ends_as_the_corpus_says(run: Run) -> None:
    ended = {case.name: (len(run.of(case, "intent")), len(run.of(case, "refusal"))) for case in run.cases}
    assert ended == {case.name: run.expected(case) for case in run.cases}


def test_refused_requests_open_no_connection(run: Run) -> None:
    opened = {case.name: len(run.arrived[case.name]) for case in run.cases}
    assert {name for name, count in opened.items() if count} == {
        case.name for case in run.cases if run.expected(case)[0]
    }


def test_every_refusal_names_its_reason(run: Run) -> None:
    wrong = []
    for case in run.cases:
        codes = CODES.get(case.name.partition(":")[0], ())
        reasons = [(entry["reason_code"], entry["reason"]) for entry in run.of(case, "refusal")]
        # What is forwarded in observe mode only is refused in enforce mode for what it is not: documented.
        if not (case.forwarded and run.mode == "enforce") and any(code not in codes for code, _ in reasons):
            wrong.append((case.name, reasons))
        if case.name not in WITHOUT_A_RULE and any(reason == _GENERIC for _, reason in reasons):
            wrong.append((case.name, reasons))
    assert wrong == []


def test_what_arrived_is_what_was_recorded_to_a_strict_reader(run: Run) -> None:
    wrong = []
    for case in run.cases:
        messages = [message for data in run.arrived[case.name] for message in strict(data)]
        intents = run.of(case, "intent")
        if len(messages) != len(intents) or not all(map(run.recorded.agrees, intents, messages)):
            wrong.append((case.name, messages, intents))
    assert wrong == []


def test_headers_arrived_as_they_were_sent(run: Run) -> None:
    """In order and to the letter, but for white space around a value, and an Expect that was answered here."""
    wrong = []
    for case in run.cases:
        sent = iter(lenient(run.sent[case.name], NO_HABITS))
        for message in (message for data in run.arrived[case.name] for message in strict(data)):
            request = (message.method, message.target, message.body)
            same = next((other for other in sent if (other.method, other.target, other.body) == request), None)
            if same is None or tuple(field for field in same.headers if field[0] != b"expect") != message.headers:
                wrong.append((case.name, same, message))
    assert wrong == []


def test_what_arrived_is_the_same_to_h11(run: Run) -> None:
    wrong = []
    for data in run.captured():
        read, expected = read_by_h11(data), [coding_in_lower_case(message) for message in strict(data)]
        if b" HTTP/1.0\r\n" in data:
            expected = expected[:1]
        if read != expected:
            wrong.append((data, read))
    assert wrong == []


def coding_in_lower_case(message: Message) -> Message:
    headers = [(name, value.lower() if name == b"transfer-encoding" else value) for name, value in message.headers]
    return Message(message.method, message.target, tuple(headers), message.body)


def test_what_arrived_is_the_same_to_every_lenient_reader(run: Run) -> None:
    wrong = [
        (case.name, habits)
        for case in run.cases
        for data in run.arrived[case.name]
        for habits in all_habits()
        if lenient(data, habits) != strict(data)
    ]
    assert wrong == []


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_what_arrived_is_the_same_to_node_told_to_be_lenient(run: Run) -> None:
    captured = run.captured()
    given = json.dumps([base64.b64encode(data).decode() for data in captured])
    done = subprocess.run(["node", str(_NODE)], input=given, capture_output=True, text=True, check=True, timeout=100)
    read = json.loads(done.stdout)
    compared = 0
    for data, connection in zip(captured, read["connections"], strict=True):
        expected = strict(data)
        if all(message.method.decode() in read["methods"] for message in expected):
            assert connection["requests"] is not None, (data, connection)
            assert [message_of(request) for request in connection["requests"]] == expected
            compared += 1
    assert compared > (70 if run.mode == "observe" else 20)


def message_of(request: dict[str, Any]) -> Message:
    texts = [base64.b64decode(text) for text in request["headers"]]
    headers = tuple((name.lower(), value) for name, value in zip(texts[::2], texts[1::2], strict=True))
    body = base64.b64decode(request["body"])
    return Message(request["method"].encode(), request["target"].encode(), headers, body)


def test_nothing_of_it_is_a_defect_to_the_proxy(run: Run) -> None:
    assert "Traceback" not in run.stderr
    assert "defect" not in run.stderr


#: What each defence is for, where the corpus has no other that would hold it back: names of cases.
HELD_BACK_BY = {
    "head": (
        "length: vertical tab before",
        "length: bare CR after",
        "coding: form feed after",
        "coding: behind a bare LF",
        "first line: two spaces",
        "first line: tabs",
        "field: CR CR LF",
        "lines: LF",
        "lines: LF LF at the end",
        "before a request: CR",
    ),
    "chunks": (
        "chunks: size, extension with CR in it",
        "chunks: size, extension with NUL in it",
        "chunks: last, CR LF, then LF",
        "chunks: an extension of 70,000 bytes",
    ),
    "validation": ("length that covers all, then coding: chunked", "coding, then length of a line: chunked"),
    "request-form": ("method: colon", "method: quotes", "target: fragment", "target: backslash in it"),
    "underscores": ("length name: underscore",),
    "hop-by-hop": ("connection: length", "connection: host", "coding: gzip and chunked"),
}
#: What then arrives is another request to one reader than to the next.
_DISPUTED = ("validation", "request-form", "underscores", "hop-by-hop")


def test_without_its_defences_all_of_these_would_leave(tmp_path: Path) -> None:
    """The control: these tests do see what they look for."""
    cases = [case for case in CASES if any(case.name in names for names in HELD_BACK_BY.values())]
    unguarded = run_of(tmp_path, "observe", cases, (str(_WITHOUT), ",".join(HELD_BACK_BY)))
    assert [name for name, arrived in unguarded.arrived.items() if not arrived] == []
    for defence in _DISPUTED:
        for name in HELD_BACK_BY[defence]:
            [data] = unguarded.arrived[name]
            assert not is_strict(data) or any(lenient(data, habits) != strict(data) for habits in single_habits()), name
