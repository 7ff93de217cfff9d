"""Exceptions that nobody caught: printed with the frames and types of the whole chain, without a word of what they say.

Covers ``sys.excepthook``, ``threading.excepthook`` and ``sys.unraisablehook``. As in the log (``discreet_record``), the
message of an exception may quote what nobody has learned yet. The text is scrubbed as a whole as well, and when that
fails, a fixed line is printed (closed).
"""

import contextlib
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from beacon_audit.redaction.scrubbed_stream import WITHHELD_LINE

if TYPE_CHECKING:
    from sys import UnraisableHookArgs
    from threading import ExceptHookArgs


def _without_words(error: BaseException) -> str:
    """Frames and types, the cause first. Neither messages nor notes, and of a group nothing but itself."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    told = ["".join(traceback.format_tb(one.__traceback__)) + type(one).__name__ for one in reversed(chain)]
    return "\nthen\n".join(told)


def install_exception_hooks(scrub: Callable[[str], str]) -> Callable[[], None]:
    """Print uncaught exceptions through ``scrub``, on ``sys.stderr``. The result puts the former hooks back."""
    former = sys.excepthook, threading.excepthook, sys.unraisablehook

    def report(heading: str, error: BaseException | None) -> None:
        try:
            text = scrub(f"{heading}{_without_words(error)}\n" if error else heading)
        except Exception:  # noqa: BLE001 - closed
            text = f"{WITHHELD_LINE}\n"
        # Nothing can be said where nobody listens; a hook that raises would print the exception by another way.
        with contextlib.suppress(Exception):
            sys.stderr.write(text)
            sys.stderr.flush()

    def uncaught(_: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        report("", error.with_traceback(trace))

    def uncaught_in_thread(args: "ExceptHookArgs") -> None:
        if not isinstance(args.exc_value, SystemExit):
            report(f"exception in thread {args.thread.name if args.thread else '?'}:\n", args.exc_value)

    def unraisable(args: "UnraisableHookArgs") -> None:
        report(f"{args.err_msg or 'exception ignored in'} {type(args.object).__name__}:\n", args.exc_value)

    sys.excepthook, threading.excepthook, sys.unraisablehook = uncaught, uncaught_in_thread, unraisable

    def undo() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = former

    return undo
