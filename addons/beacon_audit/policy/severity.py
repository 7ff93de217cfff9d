"""What a finding leads to at each strictness: the table of ``docs/policy-reference.md``, as data.

A code that is not in the table is treated as its basis deserves: ``wire`` and ``containment`` always block; an unknown
``contract`` or ``promise`` code blocks unless the strictness is lenient, where it alerts.
"""

from collections.abc import Mapping

from beacon_audit.model.decision import Disposition
from beacon_audit.policy.document import Strictness

type Row = tuple[Disposition, Disposition, Disposition]

_COLUMN: Mapping[Strictness, int] = {"lenient": 0, "standard": 1, "strict": 2}
_WRONG: Row = ("alert", "block", "block")
_NEW: Row = ("note", "alert", "block")
_PROTOCOL: Row = ("note", "note", "block")
_NOTE: Row = ("note", "note", "note")
_PERMITTED_ONLY: Row = ("block", "block", "block")

#: Bases whose findings mean that it is not known what would leave, or where to.
FIXED_BASES = frozenset({"wire", "containment"})

#: The codes that a policy may override, each with its row (lenient, standard, strict).
OVERRIDABLE: Mapping[str, Row] = {
    "promise.license-misplaced": _WRONG,
    "promise.identity-attribute": _WRONG,
    "promise.content-attribute": _WRONG,
    "promise.secret": _WRONG,
    "promise.database-text": _WRONG,
    "promise.connection-string": _NEW,
    "promise.email-address": _NEW,
    "promise.ip-address": _NEW,
    "promise.uuid-value": _NEW,
    "promise.free-text": _NEW,
    "promise.value-grammar": _NEW,
    "promise.log-severity": _NEW,
    "promise.usage-count": _NEW,
    "promise.id-channel": _NEW,
    "promise.infrastructure-attribute": _NEW,
    "contract.undocumented-field": _WRONG,
    "contract.undocumented-query": _WRONG,
    "contract.undocumented-header": _WRONG,
    "contract.header-value": _WRONG,
    "contract.missing-field": _WRONG,
    "contract.wrong-type": _WRONG,
    "contract.wrong-value": _WRONG,
    "contract.otlp-structure": _PROTOCOL,
    "contract.otlp-invalid": _NOTE,
    "contract.standard-attribute-key": _PROTOCOL,
    "contract.new-attribute-key": _NEW,
    "contract.new-metric-name": _NEW,
    "contract.new-span-name": _NEW,
    "contract.new-event-name": _NEW,
    "contract.new-scope-name": _NEW,
    "contract.approved-name": _NOTE,
    "contract.observed-endpoint": _PERMITTED_ONLY,
    "contract.intelligence-endpoint": _PERMITTED_ONLY,
}

#: Contract codes that block at every strictness, overridden or not: without a documented endpoint there is no rule to
#: override, and a body of an undocumented media type is one that nobody has read.
FIXED_CODES = frozenset({"contract.undocumented-endpoint", "contract.undocumented-media-type"})


def is_fixed(code: str) -> bool:
    """Whether a finding of this code blocks whatever the policy says."""
    return code.partition(".")[0] in FIXED_BASES or code in FIXED_CODES


def disposition_of(code: str, strictness: Strictness, overrides: Mapping[str, Disposition]) -> Disposition:
    """What a finding leads to; ``overrides`` are those of the rule for its endpoint."""
    if is_fixed(code):
        return "block"
    if code in overrides:
        return overrides[code]
    return OVERRIDABLE.get(code, _WRONG)[_COLUMN[strictness]]
