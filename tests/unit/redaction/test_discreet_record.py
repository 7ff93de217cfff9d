import logging
import sys
from collections.abc import Callable

import pytest

from beacon_audit.redaction import discreet_record

SECRET = "lcl_never_learned_before"


def line_of(name: str, message: str, *arguments: object, failure: Callable[[], object] | None = None) -> str:
    exc_info = None
    if failure is not None:
        try:
            failure()
        except Exception:
            exc_info = sys.exc_info()
    record = discreet_record(name, logging.ERROR, __file__, 1, message, arguments, exc_info)
    return logging.Formatter("%(name)s: %(message)s").format(record)


def test_exception_is_logged_with_its_place_and_type_but_not_its_message() -> None:
    line = line_of("beacon_audit.proxy", "it stays in", failure=lambda: int(SECRET))
    assert line.startswith("beacon_audit.proxy: it stays in: ValueError\n")
    assert "test_discreet_record.py" in line
    assert SECRET not in line


def test_cause_of_an_exception_is_not_quoted_either() -> None:
    def chained() -> None:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error

    assert SECRET not in line_of("beacon_audit.proxy", "it stays in", failure=chained)


@pytest.mark.parametrize("name", ["mitmproxy.proxy.server", "mitmproxy.addonmanager", "mitmproxy"])
def test_message_of_mitmproxy_about_an_exception_is_left_out(name: str) -> None:
    line = line_of(name, "Addon error: %s", SECRET, failure=lambda: int(SECRET))
    assert SECRET not in line
    assert "a defect while handling a connection: ValueError" in line


def test_message_of_asyncio_about_an_exception_is_left_out() -> None:
    said = f"Task exception was never retrieved\nfuture: <Task finished exception=ValueError({SECRET!r})>"
    line = line_of("asyncio", said, failure=lambda: int(SECRET))
    assert SECRET not in line
    assert "a defect in a task or callback: ValueError" in line


def test_bytes_that_mitmproxy_quotes_in_hex_are_left_out() -> None:
    line = line_of("mitmproxy.proxy.server", f"Cannot parse ClientHello: {SECRET.encode().hex()}")
    assert line == "mitmproxy.proxy.server: Cannot parse ClientHello: [bytes]"


def test_other_lines_are_as_they_were_written() -> None:
    line = line_of("beacon_audit.proxy", "allowed %s 100%%", "0123456789abcdef0123")
    assert line == "beacon_audit.proxy: allowed 0123456789abcdef0123 100%"


def test_record_that_logging_copies_keeps_its_text() -> None:
    former = logging.getLogRecordFactory()
    logging.setLogRecordFactory(discreet_record)
    try:
        copied = logging.makeLogRecord({"name": "mitmproxy", "msg": "as it was", "args": None})
    finally:
        logging.setLogRecordFactory(former)
    assert copied.getMessage() == "as it was"
