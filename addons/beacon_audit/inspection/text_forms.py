"""How much text a field may hold, and in what form, as data: the structure by which content is told from labels.

No pattern recognises what a user typed. What can be told is where no sentence belongs: a label is a few words, a name
fewer, a description one sentence about the product. Counted are characters, words (white space between them) and parts
(what dashes, underscores and dots join: ``tell-me-about-my-illness`` has five). The bounds leave room for every sample
of the documentation and for what OpenTelemetry's own libraries send (``tests/unit/inspection/clean_texts.py``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: What stands in a conversation and not in telemetry: turns, markup of prompts, JSON, line ends, questions.
_CONVERSATION = re.compile(
    r"[\n\r\t]|\?(?:\s|$)|<\|?(?:im_start|im_end|system|user|assistant)|\[/?INST\]|###"
    r"|\b(?:human|user|assistant|system|ai)\s?:(?:\s|$)|[\[{]\s*\"|\"\s*:",
    re.IGNORECASE,
)
#: A person speaks, or is spoken to.
_PERSON = re.compile(r"(?<![\w/.-])(?:I|I['\u2019]m|me|my|mine|you|your|yours|please)(?![\w/.-]*\w)", re.IGNORECASE)
_PARTS = re.compile(r"[^\W_]+")
_MOST_FOREIGN = 4


@dataclass(frozen=True, slots=True)
class Form:
    """At most so many ``characters``, ``words`` and ``parts``; ``addresses``: how often a person may be addressed."""

    characters: int
    words: int
    parts: int
    addresses: int = 0

    def fault(self, text: str) -> str | None:
        """What is wrong with ``text``, for a person; ``None`` when it fits."""
        if len(text) > self.characters:
            return f"more than {self.characters} characters"
        if len(text.split()) > self.words:
            return f"more than {self.words} words"
        if _CONVERSATION.search(text):
            return "lines, questions or turns of a conversation"
        if len(_PERSON.findall(text)) > self.addresses:
            return "words to or of a person"
        if not text.isascii() and sum(not character.isascii() for character in text) > _MOST_FOREIGN:
            return "letters beyond ASCII"
        if len(_PARTS.findall(text)) > self.parts:
            return f"more than {self.parts} parts"
        return None


LABEL = Form(characters=128, words=4, parts=14)
NAME = Form(characters=128, words=5, parts=14)
UNIT = Form(characters=32, words=3, parts=6)
STATE = Form(characters=128, words=1, parts=14)
MESSAGE = Form(characters=128, words=12, parts=24)
SENTENCE = Form(characters=256, words=24, parts=40, addresses=1)
DESCRIPTION = Form(characters=256, words=32, parts=48, addresses=1)

#: By the member that holds the text; ``LABEL`` for any other.
FORMS: Mapping[str, Form] = {
    "name": NAME,
    "description": DESCRIPTION,
    "unit": UNIT,
    "message": MESSAGE,
    "traceState": STATE,
    "schemaUrl": STATE,
}
