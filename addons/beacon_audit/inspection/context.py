"""What the detectors need to know besides the document."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from beacon_audit.inspection.facts import Role
from beacon_audit.model.endpoint import Endpoint


class Names(Protocol):
    """The names that a contract documents for one endpoint."""

    @property
    def attribute_keys(self) -> frozenset[str]: ...
    @property
    def metric_names(self) -> frozenset[str]: ...
    @property
    def span_names(self) -> frozenset[str]: ...
    @property
    def event_names(self) -> frozenset[str]: ...
    @property
    def scope_names(self) -> frozenset[str]: ...


def nothing_approved(_role: Role, _name: str) -> bool:
    """For whoever has no inventory."""
    return False


@dataclass(frozen=True, slots=True)
class InspectionContext:
    """``contains_secret`` answers whether a text holds a known secret in any form, ``approved`` whether a name was
    approved in the inventory; neither may raise."""

    endpoint: Endpoint
    names: Names
    contains_secret: Callable[[str], bool]
    approved: Callable[[Role, str], bool] = nothing_approved
