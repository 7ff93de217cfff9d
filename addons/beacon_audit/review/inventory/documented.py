"""Which names a contract documents for an endpoint, looked up by the name of the contract that a record holds.

Only shipped editions are known here: a contract of one's own may lie anywhere and may have changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from beacon_audit.contracts import load_contract
from beacon_audit.contracts.edition_files import available_editions


@dataclass(frozen=True, slots=True)
class EndpointNames:
    """``otlp``: requests to the endpoint have names. ``documented`` has them by kind."""

    otlp: bool
    documented: Mapping[str, frozenset[str]]


@lru_cache(maxsize=256)
def endpoint_names(contract: str, endpoint: str) -> EndpointNames | None:
    """What ``contract`` documents for ``endpoint``; ``None`` when nobody here can tell."""
    if contract not in available_editions():
        return None
    edition = load_contract(contract)
    found = edition.endpoint(endpoint)
    if found is None:
        return None
    names = edition.documented_names(found)
    return EndpointNames(
        found.otlp is not None,
        {
            "attribute-key": names.attribute_keys,
            "metric-name": names.metric_names,
            "span-name": names.span_names,
            "event-name": names.event_names,
            "scope-name": names.scope_names,
        },
    )
