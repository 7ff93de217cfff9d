"""Whether a name that somebody else chose may be shown as it is: because it is made of words, and of little else.

A name of a member, an attribute, a span, a path or a host is its sender's text when no document has it, and a place in
which a key can stand. What keys, hashes and ids are made of is not words: so a name is *plain* when it has at most
``LONGEST`` ASCII letters and digits, with ``_ . : / ~ $ -`` between them, and among these

- at most ``MOST_DIGITS`` digits,
- at most ``MOST_ODD`` letters that are not part of a word, and
- not more digits and odd letters together than letters of words, or than ``TOLERATED``.

A word is three letters or more, in lower case, capitalised or all capitals, with nothing but pairs of neighbours that
English and the vocabulary of telemetry have. Fewer than ``SHORTEST_KEPT`` letters and digits are plain whatever they
are: nothing that short is a secret (``redaction.forms``). The names that our reader of protobuf gives to fields without
one, ``field:<number>``, are plain.

A rule of thumb in both directions, and pure: of keys made by chance of 16 characters it shows about one in
thirty, of those of 24 one in several hundred; and it hides a few good names. A key that was made of words
(``correct-horse-battery``) looks plain.
"""

import re
from functools import lru_cache

LONGEST = 64
SHORTEST_KEPT = 8
MOST_DIGITS = 5
MOST_ODD = 6
TOLERATED = 5

_CHARACTERS = re.compile(r"[A-Za-z0-9_.:/~$-]+", re.ASCII)
_NUMBERED_FIELD = re.compile(r"field:[0-9]{1,9}", re.ASCII)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NO_LETTER = re.compile(r"[^A-Za-z]+")
_NO_DIGIT = re.compile(r"[^0-9]+")
#: What follows each letter within the words of Python's standard library and of OpenTelemetry's conventions: every pair
#: that a dozen words have.
_FOLLOWING = {
    "a": "abcdefgiklmnprstuvwxyz",
    "b": "abcdehijlnoprstuy",
    "c": "acdefhiklmnoprstuvy",
    "d": "abcdefgiklnoprstuwy",
    "e": "abcdefghijklmnopqrstuvwxy",
    "f": "acdefikloprstuy",
    "g": "acefghilmnoprstuy",
    "h": "adeilmnopqrstuwy",
    "i": "abcdefgklmnopqrstvxz",
    "j": "aeosuvw",
    "k": "aefghilnstuvw",
    "l": "abcdefhilmnopstuvy",
    "m": "abcdeiklmnopqstuwy",
    "n": "abcdefghijklmnoprstuvy",
    "o": "abcdefgijklmnoprstuvwxy",
    "p": "acdefhilnoprstuwy",
    "q": "lsu",
    "r": "abcdefgiklmnopqrstuvwy",
    "s": "abcdefghiklmnopqrstuvwy",
    "t": "abcdefghiklmnoprstuvwyz",
    "u": "abcdefgilmnoprstx",
    "v": "aceilmo",
    "w": "adehiklnorst",
    "x": "acefilpsty",
    "y": "cegilmnopst",
    "z": "aeiou",
}
_PAIRS = "|".join(f"{letter}(?=[{others}]|$)" for letter, others in _FOLLOWING.items())
_SPOKEN = re.compile(f"(?:{_PAIRS}){{3,24}}")


def is_plain_name(name: str) -> bool:
    """Whether ``name`` may be shown."""
    return 0 < len(name) <= LONGEST and _is_plain(name)


@lru_cache(maxsize=4096)
def _is_plain(name: str) -> bool:
    if not _CHARACTERS.fullmatch(name):
        return False
    if _NUMBERED_FIELD.fullmatch(name):
        return True
    letters, digits = len(_NO_LETTER.sub("", name)), len(_NO_DIGIT.sub("", name))
    if letters + digits < SHORTEST_KEPT:
        return True
    spoken = sum(len(word) for word in _WORD.findall(name) if _SPOKEN.fullmatch(word.lower()))
    odd = letters - spoken
    return digits <= MOST_DIGITS and odd <= MOST_ODD and digits + odd <= max(spoken, TOLERATED)
