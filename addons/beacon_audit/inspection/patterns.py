"""Patterns as the detectors use them: google-re2, which takes linear time whatever the text is, over bytes.

Texts are UTF-8, so a byte of 0x80 or more is part of a letter outside of ASCII. The library's own messages would quote
the text, so it is told to be silent.
"""

from typing import Any

import re2

from beacon_audit.model import text_groups

#: Between texts that are searched together: no pattern matches it, so that neighbours never make a match.
SEPARATOR = text_groups.SEPARATOR
# So that even the largest alternation stays a DFA; the default of 8 MiB makes it ten times slower.
_MEMORY = 64 << 20


def pattern(*alternatives: str, any_case: bool = False) -> Any:  # re2 ships no type information
    """One pattern that finds any of ``alternatives``. What it finds in a text alone, it must find between two
    ``SEPARATOR`` too: ``(?:^|[^a-z])`` and ``\\b`` do, ``^`` and ``$`` alone do not."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = not any_case
    options.log_errors = False
    options.max_mem = _MEMORY
    joined = "|".join(f"(?:{alternative})" for alternative in alternatives)
    return re2.compile(joined.encode("latin-1"), options)
