"""The answer of ``verify`` for people: what was found, what it rests on, and what to do next."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from beacon_audit.cli.output import paint, printable

if TYPE_CHECKING:
    from beacon_audit.trail.verify import Problem, Verdict

_HEAD = {
    "ok": ("OK: whole, unchanged, and anchored", "bold green"),
    "tampered": ("TAMPERED: this is not what was recorded", "bold red"),
    "incomplete": ("INCOMPLETE: what is here is what was signed, but something is missing or not known", "bold yellow"),
    "unanchored": (
        "NOT ANCHORED: sound in itself, and nothing from outside says that it is the true log",
        "bold yellow",
    ),
}
_NEXT = {
    "ok": "",
    "tampered": "keep the directory as it is, as evidence; compare it with a copy and with anchors kept elsewhere",
    "incomplete": "read the problems above: start the proxy once after a crash, restore missing files from a copy",
    "unanchored": "give a checkpoint that was kept elsewhere, such as the proxy's stdout in a SIEM: --anchor FILE",
}
_SHOWN = 20


def verdict_lines(verdict: "Verdict", trail: Path) -> Iterator[str]:
    """The page, line by line."""
    head, style = _HEAD[verdict.verdict]
    yield paint(head, style)
    yield f"  trail    {printable(str(trail))}"
    yield f"  origin   {printable(verdict.origin)}"
    if verdict.size is not None and verdict.root is not None:
        yield f"  size     {verdict.size} entries, {verdict.checkpoints} checkpoints"
        yield f"  root     {base64.b64encode(verdict.root).decode('ascii')}"
        yield f"  anchors  {_anchored(verdict)}"
        yield f"  payloads {_payloads(verdict)}"
    if verdict.writer_at_work:
        yield f"  a proxy is at work; {verdict.in_flight} requests are in flight"
    yield from _problems(verdict)
    if advice := _NEXT[verdict.verdict]:
        yield f"next: {advice}"


def _anchored(verdict: "Verdict") -> str:
    if not verdict.anchors:
        return "none given"
    if verdict.anchored_size is None:
        return f"{verdict.anchors} given, the log agrees with none"
    return f"{verdict.anchors} given; the first {verdict.anchored_size} entries are the anchored ones"


def _payloads(verdict: "Verdict") -> str:
    if verdict.payloads is None:
        return "not looked at; give --payloads DIR"
    return f"{verdict.payloads.present} present, {verdict.payloads.pruned} pruned"


def _problems(verdict: "Verdict") -> Iterator[str]:
    if not verdict.problems_total:
        return
    first = next((problem for problem in verdict.problems if problem.entry is not None), None)
    if first is not None:
        yield f"first bad entry: {first.entry}{_place(first)}"
    yield f"problems: {verdict.problems_total}"
    for problem in verdict.problems[:_SHOWN]:
        entry = f"entry {problem.entry}" if problem.entry is not None else ""
        yield f"  {problem.code:24} {entry:14} {printable(problem.message)}{_place(problem)}"
    if verdict.problems_total > _SHOWN:
        yield f"  … and {verdict.problems_total - _SHOWN} more; --json lists up to 100"


def _place(problem: "Problem") -> str:
    if problem.file is None:
        return ""
    offset = f", byte {problem.offset}" if problem.offset is not None else ""
    return f" ({printable(problem.file)}{offset})"
