"""Exceptions that nobody caught are printed without secrets."""

import contextlib
import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from beacon_audit.redaction.scrubbed_stream import WITHHELD_LINE
from beacon_audit.redaction.uncaught import install_exception_hooks

SECRET = "lcl_9f8e7d6c5b4a3f2e1d0c"


@contextlib.contextmanager
def console() -> Iterator[io.StringIO]:
    """What is printed while the hooks are in place."""
    out = io.StringIO()
    uninstall = install_exception_hooks(lambda text: text.replace(SECRET, "TOKEN"))
    try:
        with contextlib.redirect_stderr(out):
            yield out
    finally:
        uninstall()


def fail_inside() -> None:
    raise KeyError(SECRET)


def fail() -> None:
    try:
        fail_inside()
    except KeyError as inner:
        raise ValueError(SECRET) from inner


def failure() -> Exception:
    with pytest.raises(ValueError, match=SECRET) as caught:
        fail()
    return caught.value


def test_uncaught_exception_is_printed_with_its_causes_and_without_a_word_of_them() -> None:
    error = failure()
    error.add_note("a note")
    with console() as out:
        sys.excepthook(type(error), error, error.__traceback__)
    printed = out.getvalue().splitlines()
    assert [line for line in printed if not line.startswith(" ")] == ["KeyError", "then", "ValueError"]
    assert "in fail\n" in out.getvalue()
    assert SECRET not in out.getvalue()
    assert "TOKEN" not in out.getvalue()  # it was not even there


def test_exceptions_that_cause_one_another_are_printed_once() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    with console() as out:
        sys.excepthook(ValueError, one, None)
    assert out.getvalue().split() == ["KeyError", "then", "ValueError"]


def test_uncaught_exception_of_a_thread_is_printed_without_secrets() -> None:
    thread = threading.Thread(target=fail, name=f"worker {SECRET}")
    with console() as out:
        thread.start()
        thread.join()
    assert out.getvalue().startswith("exception in thread worker TOKEN:\n")
    assert SECRET not in out.getvalue()


def test_thread_that_exits_says_nothing() -> None:
    thread = threading.Thread(target=sys.exit, args=(SECRET,))
    with console() as out:
        thread.start()
        thread.join()
    assert out.getvalue() == ""


def test_unraisable_exception_is_printed_without_secrets() -> None:
    error = failure()
    args = SimpleNamespace(exc_type=type(error), exc_value=error, exc_traceback=None, err_msg=SECRET, object=SECRET)
    with console() as out:
        sys.unraisablehook(args)
    assert out.getvalue().startswith("TOKEN str:\n")
    assert SECRET not in out.getvalue()


def test_exception_whose_scrubbing_fails_is_withheld() -> None:
    def failing(_: str) -> str:
        raise RuntimeError(SECRET)

    error = failure()
    out = io.StringIO()
    uninstall = install_exception_hooks(failing)
    try:
        with contextlib.redirect_stderr(out):
            sys.excepthook(ValueError, error, None)
    finally:
        uninstall()
    assert out.getvalue() == f"{WITHHELD_LINE}\n"


PROGRAM = """
import sys, threading, warnings
from beacon_audit.redaction import SecretRegistry, Tokens, install_log_scrubbing
key = sys.stdin.read()
registry = SecretRegistry(Tokens(b"k" * 32))
registry.learn(key)
install_log_scrubbing(registry)
print(key, repr(key.encode()), end="")
warnings.warn(key)
class Dying:
    def __del__(self):
        raise ValueError(key)
Dying()
thread = threading.Thread(target=lambda: int(key))
thread.start()
thread.join()
sys.stderr.write("cut " + key[:12])
try:
    int(key)
except ValueError as error:
    raise RuntimeError(key[:12] + "\\n" + key[12:]) from error
"""


def test_process_that_dies_of_an_exception_prints_no_secret_anywhere() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], input=SECRET, capture_output=True, text=True, check=False)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert ended.stdout.startswith("license:")
    assert "UserWarning: license:" in ended.stderr
    assert "RuntimeError" in ended.stderr
    assert ended.stderr.count("\nValueError\n") == 3
    assert "invalid literal" not in ended.stderr
    flat = "".join(said.split())
    for start in range(len(SECRET) - 7):
        assert SECRET[start : start + 8] not in flat
