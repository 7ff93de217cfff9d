"""What a well-formed document gives away: secrets, identities, contents, names never seen before. Pure."""

from beacon_audit.inspection.context import InspectionContext, Names
from beacon_audit.inspection.registry import DETECTORS, inspect

__all__ = ["DETECTORS", "InspectionContext", "Names", "inspect"]
