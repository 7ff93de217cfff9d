"""Log output: whatever a record holds and whatever the handler does with it, no secret comes out."""

import base64
import contextlib
import io
import logging
import logging.handlers
import queue
import sys
import threading
import traceback
from collections.abc import Iterator

import pytest

from beacon_audit.redaction import SecretRegistry, Tokens, install_log_scrubbing
from beacon_audit.redaction.log_scrubbing import scrubbed_record
from beacon_audit.redaction.scrubbed_stream import WITHHELD_LINE

TOKENS = Tokens(b"k" * 32)
LICENSE = "lcl_9f8e7d6c5b4a3f2e1d0c"
TOKEN = TOKENS.token("license", LICENSE)
LOG = logging.getLogger("test_log_scrubbing")


class Journal(logging.Handler):
    """Keeps all it is given, formatted and not."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += f"{self.format(record)}\n{record.__dict__!r}\n{record.getMessage()}\n"
        if record.exc_info:
            self.text += "".join(traceback.format_exception(record.exc_info[1]))


@pytest.fixture
def registry() -> SecretRegistry:
    registry = SecretRegistry(TOKENS)
    registry.learn(LICENSE)
    return registry


@contextlib.contextmanager
def scrubbing(registry: SecretRegistry) -> Iterator[io.StringIO]:
    """What reaches the console while log scrubbing is installed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        uninstall = install_log_scrubbing(registry)
        try:
            yield out
        finally:
            uninstall()


@contextlib.contextmanager
def attached(*handlers: logging.Handler) -> Iterator[None]:
    for handler in handlers:
        LOG.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            LOG.removeHandler(handler)


@pytest.fixture
def journal(registry: SecretRegistry) -> Iterator[Journal]:
    """A handler that was added after log scrubbing was installed."""
    handler = Journal()
    with scrubbing(registry), attached(handler):
        yield handler


class Speaking:
    """An object that shows the key only when it is turned into text."""

    def __str__(self) -> str:
        return f"object with {LICENSE}"

    def __repr__(self) -> str:
        return f"<{LICENSE.encode().hex()}>"


ENCODED = LICENSE.encode()


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        (f"key {LICENSE}", ()),
        ("key %s", (LICENSE,)),
        ("key %r", (ENCODED,)),
        ("key %(key)s", ({"key": LICENSE},)),
        ("keys %s", ([{"key": (LICENSE, ENCODED)}],)),
        ("object %s %r", (Speaking(), Speaking())),
        (Speaking(), ()),
        ("%s%s", (LICENSE[:9], LICENSE[9:])),
        ("%s\n%s", (LICENSE[:9], LICENSE[9:])),
        ("base64 %s", (base64.b64encode(b"x" + ENCODED),)),
    ],
)
def test_secret_in_message_or_arguments_is_replaced(
    journal: Journal, message: object, arguments: tuple[object]
) -> None:
    LOG.warning(message, *arguments)
    assert TOKEN in journal.text
    assert_nothing_left(journal.text)


def assert_nothing_left(text: str) -> None:
    for form in (LICENSE, ENCODED.hex(), base64.b64encode(b"x" + ENCODED).decode()[4:-4], LICENSE[9:]):
        assert form not in text
        assert form not in "".join(text.split())


def failing() -> None:
    raise KeyError(LICENSE)


def failing_with_a_cause() -> None:
    try:
        failing()
    except KeyError as inner:
        raise ValueError("wrapped", ENCODED) from inner


def failing_with_a_chain() -> None:
    try:
        failing_with_a_cause()
    except ValueError:
        error = RuntimeError({"key": LICENSE})
        error.add_note(f"note: {ENCODED.hex()}")
        raise error  # noqa: B904 - the context, not the cause, is what is tested


def test_secret_in_an_exception_its_cause_context_and_notes_is_replaced(journal: Journal) -> None:
    try:
        failing_with_a_chain()
    except RuntimeError:
        LOG.exception("failed")
    assert "During handling" in journal.text
    assert "direct cause" in journal.text
    assert "note: license:" in journal.text
    assert_nothing_left(journal.text)


def test_secret_in_an_exception_group_is_replaced(journal: Journal) -> None:
    LOG.error("failed", exc_info=ExceptionGroup("several", [ValueError(LICENSE), OSError(2, "no such file", LICENSE)]))
    assert "ExceptionGroup" in journal.text
    assert TOKEN in journal.text
    assert_nothing_left(journal.text)


def test_secret_in_extra_fields_and_stack_is_replaced(journal: Journal) -> None:
    extra = {"client": (LICENSE, 443), "deep": {LICENSE: [ENCODED, {"x": LICENSE}]}, "thing": Speaking(), "count": 3}
    LOG.warning("x", extra=extra, stack_info=True)
    assert "'count': 3" in journal.text
    assert f"('{TOKEN}', 443)" in journal.text
    assert_nothing_left(journal.text)


def test_secret_that_a_formatter_adds_is_replaced(journal: Journal) -> None:
    journal.setFormatter(logging.Formatter(f"{LICENSE} %(message)s"))
    LOG.warning("x")
    assert journal.text.startswith(f"{TOKEN} x\n")


def test_handlers_of_any_kind_that_are_added_later_are_covered(registry: SecretRegistry) -> None:
    waiting: queue.Queue[logging.LogRecord] = queue.Queue()
    stream = io.StringIO()
    with scrubbing(registry), attached(logging.handlers.QueueHandler(waiting), logging.StreamHandler(stream)):
        LOG.warning("key %s", LICENSE)
    assert stream.getvalue() == f"key {TOKEN}\n"
    assert_nothing_left(repr(waiting.get().__dict__))


def test_handler_of_last_resort_is_covered(registry: SecretRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with scrubbing(registry) as console:
        logging.getLogger("without_handlers").warning("key %s", LICENSE)
    assert console.getvalue() == f"key {TOKEN}\n"


def test_record_that_cannot_be_rendered_is_replaced_by_a_fixed_line(registry: SecretRegistry) -> None:
    journal = Journal()
    with scrubbing(registry) as console, attached(journal):
        LOG.warning("%d", LICENSE)
    assert WITHHELD_LINE in journal.text
    assert_nothing_left(journal.text + console.getvalue())


def test_record_whose_scrubbing_fails_is_replaced_by_a_fixed_line(
    journal: Journal, registry: SecretRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: str) -> str:
        raise RuntimeError(LICENSE)

    monkeypatch.setattr(registry, "scrub_line", failing)
    LOG.warning("key %s", LICENSE)
    assert WITHHELD_LINE in journal.text
    assert_nothing_left(journal.text)


class Broken(logging.Handler):
    """Fails to write, with an exception that quotes the key, and has logging report it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            failing()
        except KeyError:
            self.handleError(record)


def test_handler_that_fails_does_not_print_the_record(registry: SecretRegistry) -> None:
    with scrubbing(registry) as console, attached(Broken()):
        LOG.warning("key %s", LICENSE)
    assert "Logging error" in console.getvalue()
    assert f"KeyError: '{TOKEN}'" in console.getvalue()
    assert_nothing_left(console.getvalue())


def test_record_is_copied_whatever_the_record_factory_expects(
    registry: SecretRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = logging.LogRecord("name", logging.INFO, "path", 1, "key %s", (LICENSE,), None)

    def factory(name: str, *_: object) -> logging.LogRecord:
        raise AssertionError(name)

    monkeypatch.setattr(logging, "_logRecordFactory", factory)
    clean = scrubbed_record(record, registry)
    assert (clean.name, clean.levelno, clean.getMessage()) == ("name", logging.INFO, f"key {TOKEN}")
    assert record.args == (LICENSE,)


def test_print_is_covered(registry: SecretRegistry) -> None:
    with scrubbing(registry) as console:
        print(f"key {LICENSE}")
    assert f"key {TOKEN}\n" in console.getvalue()
    assert_nothing_left(console.getvalue())


def test_handler_that_held_the_console_before_writes_through_the_new_one(registry: SecretRegistry) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    with contextlib.redirect_stderr(out), attached(handler):
        uninstall = install_log_scrubbing(registry)
        try:
            handler.stream.write(f"{LICENSE}\n")
            assert out.getvalue() == f"{TOKEN}\n"
        finally:
            uninstall()
    assert handler.stream is out


def test_uninstalling_puts_everything_back(registry: SecretRegistry) -> None:
    before = places()
    uninstall = install_log_scrubbing(registry)
    assert all(one is not other for one, other in zip(places(), before, strict=True))
    uninstall()
    assert places() == before


def places() -> list[object]:
    hooks = [sys.excepthook, threading.excepthook, sys.unraisablehook]
    return [logging.Handler.handle, logging.Handler.format, sys.stdout, sys.stderr, *hooks]
