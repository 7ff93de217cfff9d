"""What a well-formed document gives away: secrets, identities, contents, names never seen before. Pure."""

from beacon_audit.inspection.context import InspectionContext, Names, nothing_approved
from beacon_audit.inspection.facts import Role
from beacon_audit.inspection.locate import Located
from beacon_audit.inspection.new_names import APPROVED
from beacon_audit.inspection.registry import DETECTORS, inspect
from beacon_audit.inspection.secret_shapes import kind_of_secret, without_secrets

__all__ = [
    "APPROVED",
    "DETECTORS",
    "InspectionContext",
    "Located",
    "Names",
    "Role",
    "inspect",
    "kind_of_secret",
    "nothing_approved",
    "without_secrets",
]
