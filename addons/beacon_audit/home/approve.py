"""Recording an approval in the trail of a home, whether a proxy runs there or not.

Without one the trail is opened here, as `prune` does. With one its writer is the only one there may be, so it is asked
(``approval_spool``). A proxy may start or stop meanwhile, so both are tried in turn for a while.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from beacon_audit.errors import TrailLocked, TrailUnavailable
from beacon_audit.home.approval_spool import ask, is_refused, is_taken, is_waiting, withdraw
from beacon_audit.home.layout import Home
from beacon_audit.home.trail_access import open_trail_writer
from beacon_audit.trail.published import published_size
from beacon_audit.trail.reader import TrailReader

#: How long a proxy may take to take up a request; it looks once a second.
TAKE_SECONDS = 5.0
#: How long it may take to record it; ``commit_deadline_s`` of a policy is at most 30.
RECORD_SECONDS = 40.0
#: After this nobody is asked again.
GIVE_UP_SECONDS = 20.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Recorded:
    """A durable approval. ``by_proxy``: a running proxy recorded it, and it is in force there."""

    id: str
    index: int
    by_proxy: bool


def record_approvals(
    home: Home, parts: Sequence[Mapping[str, object]], *, new_id: Callable[[], str], now: Callable[[], str]
) -> tuple[Recorded, ...]:
    """Record each of ``parts``, fields of an approval (``trail.approval``), in an entry of its own.

    Raises:
        TrailUnavailable: one could not be recorded; those before it were.
        HomeError, TrailError: as ``open_trail_writer``.
    """
    return tuple(_record(home, new_id(), fields, new_id, now) for fields in parts)


def _record(
    home: Home, identity: str, fields: Mapping[str, object], new_id: Callable[[], str], now: Callable[[], str]
) -> Recorded:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while True:
        try:
            return _record_here(home, identity, fields, new_id, now)
        except TrailLocked:
            recorded = _record_there(home, identity, fields)
        if recorded is not None:
            return recorded
        if time.monotonic() > deadline:
            raise TrailUnavailable(
                f"{home.requests}: whoever holds the trail took up no request within {GIVE_UP_SECONDS:g} s, nothing "
                "was recorded; is it a proxy of this version? look at its log, or stop it and approve again"
            )


def _record_here(
    home: Home, identity: str, fields: Mapping[str, object], new_id: Callable[[], str], now: Callable[[], str]
) -> Recorded:
    writer = open_trail_writer(home, new_id=new_id, now=now)
    try:
        receipt = writer.submit({**fields, "type": "approval", "id": identity, "time": now()}).result()
    finally:
        writer.close()
    return Recorded(identity, receipt.index, by_proxy=False)


def _record_there(home: Home, identity: str, fields: Mapping[str, object]) -> Recorded | None:
    """Let the running proxy record it; ``None`` when there seems to be none that does."""
    # From here on, so that a long trail is not read again.
    trail = TrailReader(home.trail, published_size(home.trail))
    ask(home, identity, fields)
    try:
        if not _within(TAKE_SECONDS, lambda: not is_waiting(home, identity)) and withdraw(home, identity):
            return None
        _within(RECORD_SECONDS, lambda: not is_taken(home, identity))
        if is_refused(home, identity):
            raise TrailUnavailable("the running proxy refused to record this approval; its log says why")
        for entry in trail.poll():
            if entry["id"] == identity and entry["type"] == "approval":
                return Recorded(identity, int(str(entry["index"])), by_proxy=True)
    finally:
        withdraw(home, identity)
    raise TrailUnavailable(
        f"the running proxy took up this approval and did not record it within {RECORD_SECONDS:g} s; look at its log, "
        f"and at the trail for the id {identity}, before you approve again"
    )


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True
