"""One finding code in words for the person who meets it in a log."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """``means`` says what was found, ``matters`` why that is worth a refusal or a look, ``source`` where the rule comes
    from, ``do`` what to do about it. Each is plain text of one or a few sentences, without line ends."""

    means: str
    matters: str
    source: str
    do: str
