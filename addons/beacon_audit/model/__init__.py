"""Values that every layer speaks in: frozen dataclasses without behaviour beyond their own JSON form."""

from beacon_audit.model.decision import Action, Decision, Disposition
from beacon_audit.model.endpoint import Endpoint, OtlpSignal, TrafficClass
from beacon_audit.model.finding import Basis, Finding
from beacon_audit.model.outcome import Outcome, SendState
from beacon_audit.model.request import Request

__all__ = [
    "Action",
    "Basis",
    "Decision",
    "Disposition",
    "Endpoint",
    "Finding",
    "OtlpSignal",
    "Outcome",
    "Request",
    "SendState",
    "TrafficClass",
]
