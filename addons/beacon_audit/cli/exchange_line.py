"""One exchange on one line, for people: when, what became of it, what it was, how large, the answer, why, its id.

A request may ask for anything, so every field that came from outside is made printable and cut to its column.
"""

from beacon_audit.cli.output import paint, printable
from beacon_audit.review.exchanges import Exchange

STYLES = {"allowed": "green", "observed": "yellow", "refused": "bold red"}
TARGET_WIDTH = 60


def exchange_line(exchange: Exchange) -> str:
    """The line, without a newline."""
    action = printable(exchange.text("action") or "?")
    parts = [
        printable(str(exchange.begin["time"])),
        paint(action.ljust(8), STYLES.get(action, "")),
        target(exchange).ljust(24),
        _size(exchange).rjust(10),
        _answer(exchange).ljust(8),
        printable(str(exchange.begin["id"])),
        _why(exchange),
    ]
    return "  ".join(parts).rstrip()


def target(exchange: Exchange) -> str:
    """The endpoint's name, or else what was asked for."""
    endpoint = exchange.text("endpoint")
    if endpoint:
        return printable(endpoint)
    asked = f"{exchange.text('method') or '-'} {exchange.text('host') or '-'}{exchange.text('path') or ''}"
    text = printable(asked)
    return text if len(text) <= TARGET_WIDTH else text[: TARGET_WIDTH - 1] + "…"


def _size(exchange: Exchange) -> str:
    size = exchange.begin.get("request_bytes")
    return f"{size:,} B" if isinstance(size, int) else "-"


def _why(exchange: Exchange) -> str:
    """The reason of the decision, and of what was let go and has no answer, also what became of it."""
    reason = printable(exchange.text("reason") or "")
    failure = (exchange.outcome or {}).get("reason") if exchange.status is None else None
    return f"{reason}; {printable(str(failure))}" if failure else reason


def _answer(exchange: Exchange) -> str:
    return exchange.state if exchange.status is None else str(exchange.status)
