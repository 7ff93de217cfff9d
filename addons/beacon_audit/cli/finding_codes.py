"""The codes of findings that a person types: whether this version knows one, and which was meant if not."""

import difflib

from beacon_audit.policy.explanations import BASES, EXPLANATIONS


def is_known(word: str) -> bool:
    """Whether ``word`` is the code of a finding or decision, or a basis such as ``promise``."""
    return word in EXPLANATIONS or word in BASES


def hint(word: str) -> str:
    """What to do about a ``word`` that is not known."""
    close = difflib.get_close_matches(word, list(EXPLANATIONS), n=1)
    return f"did you mean {close[0]}?" if close else "beacon-audit explain lists them"
