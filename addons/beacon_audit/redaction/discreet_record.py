"""Log records that say where something failed, never what was being handled.

The message of an exception may quote the request or response at hand (``invalid literal for int(): 'lcl_…'``), and its
secrets may not be learned yet, so that no scrub would find them. `discreet_record`, a record factory for
``logging.setLogRecordFactory``, therefore keeps of an exception the frames and the type, and not its message. mitmproxy
and asyncio put that message, or arguments, into their own text too, and mitmproxy quotes in hex a TLS hello that it
cannot read: all that is left out. What we log ourselves on purpose quotes nothing.
"""

import logging
import re
import traceback
from typing import Any

_QUOTED_BYTES = re.compile(r"\b[0-9a-f]{16,}\b")


def discreet_record(*arguments: Any, **named: Any) -> logging.LogRecord:
    """A record with the frames of its exception, outermost first, and its type as part of the message."""
    record = logging.LogRecord(*arguments, **named)
    # logging itself copies a record by way of one that has no name.
    origin = str(record.name).partition(".")[0]
    if origin == "asyncio" and record.exc_info:
        record.msg, record.args = "a defect in a task or callback", None
    elif origin == "mitmproxy":
        text = "a defect while handling a connection" if record.exc_info else record.getMessage()
        record.msg, record.args = _QUOTED_BYTES.sub("[bytes]", text), None
    if record.exc_info:
        kind, _, trace = record.exc_info
        frames = "".join(traceback.format_tb(trace))
        record.msg = f"{record.getMessage()}: {kind.__name__ if kind else 'no exception'}\n{frames}".rstrip("\n")
        record.args, record.exc_info = None, None
    return record
