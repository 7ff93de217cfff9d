"""However intents, outcomes and refusals interleave, each exchange is listed once, in the order of its beginning."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.home import Home
from beacon_audit.review.exchanges import Exchange, iter_exchanges

type Entry = dict[str, object]


def entry(kind: str, identity: str) -> Entry:
    return {"type": kind, "id": identity, "time": "2026-01-01T00:00:00.000Z", "state": "sent"}


def joined(entries: list[Entry]) -> list[Exchange]:
    """``iter_exchanges`` over a trail in memory."""

    class TrailInMemory:
        def __init__(self, _: Path) -> None: ...

        def poll(self) -> Iterator[Entry]:
            return ({**fields, "index": index} for index, fields in enumerate(entries))

    with patch("beacon_audit.review.exchanges.TrailReader", TrailInMemory):
        return list(iter_exchanges(Home(Path("/nowhere"))))


@given(kinds=st.lists(st.sampled_from(["refusal", "settled", "unsettled"]), max_size=12), data=st.data())
def test_every_exchange_is_listed_once_in_the_order_of_its_beginning(kinds: list[str], data: st.DataObject) -> None:
    entries: list[Entry] = []
    pending: list[str] = []
    for number, kind in enumerate(kinds):
        entries.append(entry("refusal" if kind == "refusal" else "intent", f"x{number}"))
        if kind == "settled":
            pending.append(f"x{number}")
        for _ in range(data.draw(st.integers(0, len(pending)))):
            ending: int = data.draw(st.integers(0, len(pending) - 1))
            entries.append(entry("outcome", pending.pop(ending)))
    entries += [entry("outcome", identity) for identity in pending]

    exchanges = joined(entries)

    states = {"refusal": "not_sent", "settled": "sent", "unsettled": "unknown"}
    assert [exchange.text("id") for exchange in exchanges] == [f"x{number}" for number in range(len(kinds))]
    assert [exchange.state for exchange in exchanges] == [states[kind] for kind in kinds]
