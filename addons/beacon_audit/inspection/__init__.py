"""What a well-formed document gives away: secrets, identities, contents, names never seen before. Pure."""

from beacon_audit.inspection.context import InspectionContext, Names
from beacon_audit.inspection.locate import Located
from beacon_audit.inspection.registry import DETECTORS, inspect
from beacon_audit.inspection.secret_shapes import kind_of_secret, without_secrets

__all__ = ["DETECTORS", "InspectionContext", "Located", "Names", "inspect", "kind_of_secret", "without_secrets"]
