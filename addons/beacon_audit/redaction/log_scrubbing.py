"""Nothing leaves this process in clear through a log line, a traceback or a print.

Three nets, one behind the other:

- ``logging.Handler.handle``, through which every record of every handler goes, ours and any library's, now or later,
  is given a copy of the record: message rendered, arguments gone, exception and stack as text, everything scrubbed;
- ``logging.Handler.format`` is scrubbed again, for formatters that add text of their own;
- ``sys.stdout`` and ``sys.stderr`` become streams that scrub whole lines, which catches ``print`` and ``warnings``;
  uncaught exceptions are scrubbed as one text before (``uncaught``).

A scrub that fails puts a fixed line in the place of the text (closed). Not covered: what native code writes to file
descriptors 1 and 2 by itself.
"""

import atexit
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

from beacon_audit.redaction.registry import SecretRegistry
from beacon_audit.redaction.scrubbed_stream import WITHHELD_LINE, ScrubbedStream
from beacon_audit.redaction.uncaught import install_exception_hooks

_FORMATTER = logging.Formatter()
_RENDERED = frozenset({"msg", "args", "message", "exc_info", "exc_text"})


def install_log_scrubbing(registry: SecretRegistry) -> Callable[[], None]:
    """Put all nets in place, once per process, before anything is logged. The result takes them away again."""
    undo = (_patch_handlers(registry), install_exception_hooks(registry.scrub_line), _replace_streams(registry))

    def uninstall() -> None:
        for step in reversed(undo):
            step()

    return uninstall


def scrubbed_record(record: logging.LogRecord, registry: SecretRegistry) -> logging.LogRecord:
    """A copy of ``record`` that holds nothing but text without secrets, and numbers."""
    try:
        fields = {name: _scrubbed(value, registry) for name, value in record.__dict__.items() if name not in _RENDERED}
        fields["msg"] = registry.scrub_line(record.getMessage())
        trace = _FORMATTER.formatException(record.exc_info) if record.exc_info else record.exc_text
        fields["exc_text"] = registry.scrub_line(trace) if trace else None
    except Exception:  # noqa: BLE001 - closed: whatever failed, its text must not come out by another way
        fields = {"msg": WITHHELD_LINE, "levelno": record.levelno, "levelname": logging.getLevelName(record.levelno)}
    # Not makeLogRecord: it goes through the record factory, which need not expect a record without a name.
    clean = logging.LogRecord("beacon_audit", logging.ERROR, "", 0, "", None, None)
    clean.__dict__.update(fields)
    return clean


def _scrubbed(value: object, registry: SecretRegistry) -> object:
    """``value`` with the same shape; what is neither a number nor made of text and numbers becomes text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return registry.scrub_line(value)
    if isinstance(value, bytes):
        return registry.scrub_bytes(value)
    if isinstance(value, dict):
        return {_scrubbed(key, registry): _scrubbed(item, registry) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_scrubbed(item, registry) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return registry.scrub_line(str(value))


def _patch_handlers(registry: SecretRegistry) -> Callable[[], None]:
    handle, format_ = logging.Handler.handle, logging.Handler.format

    def scrubbed_handle(self: logging.Handler, record: logging.LogRecord) -> bool | logging.LogRecord:
        return handle(self, scrubbed_record(record, registry))

    def scrubbed_format(self: logging.Handler, record: logging.LogRecord) -> str:
        try:
            return registry.scrub_line(format_(self, record))
        except Exception:  # noqa: BLE001 - closed
            return WITHHELD_LINE

    logging.Handler.handle = scrubbed_handle  # type: ignore[method-assign,assignment]
    logging.Handler.format = scrubbed_format  # type: ignore[method-assign]

    def undo() -> None:
        logging.Handler.handle = handle  # type: ignore[method-assign]
        logging.Handler.format = format_  # type: ignore[method-assign]

    return undo


def _replace_streams(registry: SecretRegistry) -> Callable[[], None]:
    stdout, stderr = sys.stdout, sys.stderr
    clean_stdout, clean_stderr = ScrubbedStream(stdout, registry), ScrubbedStream(stderr, registry)
    for handler in _stream_handlers():
        # A handler that was given the stream itself would go past ours, where a secret is cut over two records.
        if handler.stream is stdout:
            handler.setStream(clean_stdout)
        elif handler.stream is stderr:
            handler.setStream(clean_stderr)
    sys.stdout, sys.stderr = clean_stdout, clean_stderr
    # What still waits for the rest of its line comes out at the end, scrubbed.
    atexit.register(clean_stdout.close)
    atexit.register(clean_stderr.close)

    def undo() -> None:
        for handler in _stream_handlers():
            if handler.stream is clean_stdout:
                handler.setStream(stdout)
            elif handler.stream is clean_stderr:
                handler.setStream(stderr)
        sys.stdout, sys.stderr = stdout, stderr
        for stream in (clean_stdout, clean_stderr):
            atexit.unregister(stream.close)
            stream.close()

    return undo


def _stream_handlers() -> Iterator[logging.StreamHandler[Any]]:
    for logger in (logging.getLogger(), *logging.getLogger().manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            yield from (handler for handler in logger.handlers if isinstance(handler, logging.StreamHandler))
