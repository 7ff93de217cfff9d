"""The page ``docs/findings.md``: every code, grouped by basis, from the same source as ``beacon-audit explain``."""

from collections.abc import Iterator, Mapping

from beacon_audit.policy.document import Strictness
from beacon_audit.policy.explanations import BASES, EXPLANATIONS, Explanation
from beacon_audit.policy.severity import disposition_of

_STRICTNESSES: tuple[Strictness, ...] = ("lenient", "standard", "strict")
_RESPONSES = "contract.response-"
_INTRODUCTION = """\
# Findings

<!-- Made by `beacon-audit explain --markdown > docs/findings.md`; a test compares them. -->

What a code in a log, a refusal or `check` means; on a terminal:

```sh
beacon-audit explain promise.secret
```

How to change what a finding leads to is in [the policy reference](policy-reference.md).
"""


def dispositions_of(code: str) -> Mapping[str, str]:
    """What a finding of this code leads to, by strictness; nothing for a decision or for what is found in answers."""
    if code.startswith(("policy.", _RESPONSES)):
        return {}
    return {strictness: disposition_of(code, strictness, {}) for strictness in _STRICTNESSES}


def findings_page() -> str:
    """The page, with a newline at its end."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    for basis, about in BASES.items():
        yield f"## `{basis}.…`\n"
        yield f"{about}\n"
        for code, explanation in EXPLANATIONS.items():
            if code.partition(".")[0] == basis:
                yield from _section(code, explanation)


def _section(code: str, explanation: Explanation) -> Iterator[str]:
    yield f"### `{code}`\n"
    yield f"{explanation.means}\n"
    yield f"- **Why it matters:** {explanation.matters}"
    yield f"- **Where the rule comes from:** {explanation.source}"
    yield f"- **What to do:** {explanation.do}"
    leads_to = dispositions_of(code)
    if leads_to:
        yield "- **Leads to:** " + ", ".join(f"{leads_to[strictness]} at {strictness}" for strictness in leads_to)
    yield ""
