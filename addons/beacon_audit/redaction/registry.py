"""The secrets that this process knows, and the search for them in anything that is about to be written.

``learn`` a value once; from then on ``contains`` and ``scrub`` find it in every listed form: plain in any case, URL-,
hex-, base64- (three phases, both alphabets) and JSON-escaped, in any mixture of escapes, with white space in between.
Values are held in memory only. Thread-safe: readers see a snapshot that ``learn`` replaces whole.

A license, once learned, is never forgotten; when there is no room for another, ``learn`` says so. Anything else (a
token lives for minutes, and each verification brings a new one) is remembered until ``RECENT`` newer ones came.

Where the text is escaped deeper than anyone honest would, it counts as a hit (closed).
"""

from dataclasses import dataclass
from threading import Lock
from typing import Any

import re2

from beacon_audit.redaction.escapes import Layer, TooManyLayers, squeeze, squeezed_layer, unescaped_layers
from beacon_audit.redaction.forms import SHORTEST_SEARCHED, Encoding, Form, fold, forms_of
from beacon_audit.redaction.tokens import Tokens

WITHHELD = "[withheld: escaped too deeply to search for secrets]"
RECENT = 16
_PATTERN_MEMORY = 64 << 20
_ENCODINGS: tuple[Encoding, ...] = ("plain", "base64")


class RegistryFull(Exception):
    """No further secret can be learned; the caller must not write what it could not learn."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """``patterns`` hold an alternation of the windows of ``forms``, by encoding; empty when nothing is known."""

    forms: tuple[Form, ...] = ()
    patterns: tuple[tuple[Encoding, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    token: str


class SecretRegistry:
    """Knows at most ``capacity`` licenses, and the ``RECENT`` last other secrets."""

    def __init__(self, tokens: Tokens, capacity: int = 256) -> None:
        self._tokens = tokens
        self._capacity = capacity
        self._licenses: dict[str, tuple[Form, ...]] = {}
        self._recent: dict[str, tuple[Form, ...]] = {}
        self._lock = Lock()
        self._snapshot = _Snapshot()

    def __repr__(self) -> str:
        return f"SecretRegistry({len(self._licenses)} licenses, {len(self._recent)} others)"

    def learn(self, value: str, kind: str = "license") -> str:
        """Remember a secret and give its token. A value of fewer than 8 characters gets a token, but is not searched
        for: nobody blanks the trail by "learning" the letter e.

        Raises:
            RegistryFull: the value is a new license and there is no room.
        """
        token = self._tokens.token(kind, value)
        if self._knows(value) or len(squeeze(value.strip().encode("utf-8", "surrogatepass"))) < SHORTEST_SEARCHED:
            return token
        with self._lock:
            if not self._knows(value):
                self._remember(value, kind, token)
        return token

    def _knows(self, value: str) -> bool:
        return value in self._licenses or value in self._recent

    def _remember(self, value: str, kind: str, token: str) -> None:
        if kind != "license":
            self._recent[value] = forms_of(value, token)
            while len(self._recent) > RECENT:
                del self._recent[next(iter(self._recent))]
        elif len(self._licenses) < self._capacity:
            self._licenses[value] = forms_of(value, token)
        else:
            raise RegistryFull(f"{self._capacity} licenses are known already")
        self._snapshot = _compiled(
            tuple(form for forms in (*self._licenses.values(), *self._recent.values()) for form in forms)
        )

    def contains(self, text: str) -> bool:
        """Whether a known secret stands in ``text`` in any form."""
        return self._found_in(_bytes(text))

    def scrub(self, text: str) -> str:
        """``text`` with every known secret replaced by its token."""
        data = _bytes(text)
        return text if not self._found_in(data) else self.scrub_bytes(data).decode("utf-8", "replace")

    def scrub_bytes(self, data: bytes) -> bytes:
        """As ``scrub``, for bytes of UTF-8 text."""
        try:
            hits = _hits(data, self._snapshot)
        except TooManyLayers:
            return WITHHELD.encode()
        pieces: list[bytes] = []
        copied = 0
        for hit in _merged(hits):
            pieces += (data[copied : hit.start], hit.token.encode())
            copied = hit.end
        return b"".join((*pieces, data[copied:]))

    def _found_in(self, data: bytes) -> bool:
        snapshot = self._snapshot
        if not snapshot.patterns:
            return False
        if _matches(squeeze(data), snapshot):
            return True
        if not (b"%" in data or b"\\" in data or b"\n" in data):
            return False
        try:
            layers = unescaped_layers(data)
        except TooManyLayers:
            return True
        return bool(layers) and _matches(squeeze(layers[-1].data), snapshot)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _compiled(forms: tuple[Form, ...]) -> _Snapshot:
    options = re2.Options()
    options.max_mem = _PATTERN_MEMORY
    options.encoding = re2.Options.Encoding.LATIN1
    patterns = []
    for encoding in _ENCODINGS:
        windows = sorted({form.window for form in forms if form.encoding == encoding})
        if windows:
            patterns.append((encoding, re2.compile(b"|".join(re2.escape(w) for w in windows), options)))
    return _Snapshot(forms, tuple(patterns))


def _matches(view: bytes, snapshot: _Snapshot) -> bool:
    """Whether any form stands in ``view``, which is squeezed and unescaped."""
    return any(True for _ in _hits_in(view, snapshot, first_only=True))


def _hits(data: bytes, snapshot: _Snapshot) -> list[_Hit]:
    """Every place of ``data`` that holds a secret, as it stands and after its escapes are decoded."""
    plain = squeezed_layer(data)
    hits = [_mapped(hit, [plain]) for hit in _hits_in(plain.data, snapshot)]
    layers = unescaped_layers(data)
    if layers:
        chain = [*layers, squeezed_layer(layers[-1].data)]
        hits += [_mapped(hit, chain) for hit in _hits_in(chain[-1].data, snapshot)]
    return hits


def _hits_in(view: bytes, snapshot: _Snapshot, *, first_only: bool = False) -> list[_Hit]:
    hits: list[_Hit] = []
    for encoding, pattern in snapshot.patterns:
        folded = fold(view, encoding)
        match = pattern.search(folded)
        while match is not None:
            start = match.start()
            for form in snapshot.forms:
                if form.encoding == encoding and folded.startswith(form.window, start):
                    span = form.at(view, start)
                    if span is not None:
                        hits.append(_Hit(*span, form.token))
                        if first_only:
                            return hits
            match = pattern.search(folded, start + 1)
    return hits


def _mapped(hit: _Hit, layers: list[Layer]) -> _Hit:
    start, end = hit.start, hit.end
    for layer in reversed(layers):
        start, end = layer.source_span(start, end)
    return _Hit(start, end, hit.token)


def _merged(hits: list[_Hit]) -> list[_Hit]:
    """Hits in order, overlapping ones as one."""
    merged: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if merged and hit.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = _Hit(last.start, max(last.end, hit.end), last.token)
        else:
            merged.append(hit)
    return merged
