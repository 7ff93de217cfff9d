"""The secrets that this process knows, and the search for them in anything that is about to be written.

``learn`` a value once; from then on ``contains`` and ``scrub`` find it in every listed form: plain in any case and
dress (``appearance``), in any mixture of escapes (``escapes``), in hex and base64 (three phases, both alphabets), in
these of each other and of UTF-16, as a list of bytes (``encodings``), broken over lines, inside longer text. Values are
held in memory only. Thread-safe: readers see a snapshot that ``learn`` replaces whole.

A license that was learned for good is never forgotten; when there is no room for another, ``learn`` says so. Licenses
of requests that nobody has allowed yet, and other secrets (a token lives for minutes, and each verification brings a
new one), are remembered until ``RECENT`` newer ones of their sort came: what a refused request teaches is bounded.

Closed: text that is too entangled to be searched counts as a hit and is replaced as a whole by ``WITHHELD``. After
``scrub`` nothing is found in its result.
"""

from collections.abc import Iterable
from threading import Lock

from beacon_audit.errors import BeaconAuditError
from beacon_audit.redaction.forms import Form, forms_of
from beacon_audit.redaction.layers import Entangled
from beacon_audit.redaction.pieces import piece_spans, unfinished_at
from beacon_audit.redaction.search import Block, Span, block_of, found_in, replaced, spans_in
from beacon_audit.redaction.tokens import Tokens

WITHHELD = "[withheld: too entangled to search for secrets]"
RECENT = 16
LONGEST_SECRET = 4096
_BLOCK = 16
# A token that is put in can complete another match only when somebody built the text for it.
_ROUNDS = 4


class RegistryFull(BeaconAuditError):
    """No further secret can be learned; the caller must not write what it could not learn."""


class SecretRegistry:
    """Knows at most ``capacity`` licenses for good, and the ``RECENT`` last other ones and other secrets."""

    def __init__(self, tokens: Tokens, capacity: int = 256) -> None:
        self._tokens = tokens
        self._capacity = capacity
        self._licenses: dict[str, tuple[Form, ...]] = {}
        self._passing: dict[str, tuple[Form, ...]] = {}
        self._recent: dict[str, tuple[Form, ...]] = {}
        self._license_blocks: tuple[Block, ...] = ()
        self._blocks: tuple[Block, ...] = ()
        self._public = ""
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"SecretRegistry({len(self._licenses)} licenses, {len(self._recent)} others)"

    def learn(self, value: str, kind: str = "license", *, for_good: bool = True) -> str:
        """Remember a secret and give its token. A value of fewer than 8 characters gets a token, but is not searched
        for: nobody blanks the trail by "learning" the letter e. ``for_good``: never forget a license.

        Raises:
            RegistryFull: the value is a new license and there is no room, or it is longer than ``LONGEST_SECRET``, or
                escaped so deeply itself that it cannot be searched for.
        """
        token = self._tokens.token(kind, value)
        with self._lock:
            if value in self._licenses or (kind != "license" and _again(self._recent, value)):
                return token
            if kind == "license" and not for_good and _again(self._passing, value):
                return token
            if len(value) > LONGEST_SECRET:
                raise RegistryFull(f"a secret of at most {LONGEST_SECRET} characters can be kept, got {len(value)}")
            try:
                forms = forms_of(value, token)
            except Entangled:
                raise RegistryFull("a secret that is escaped this deeply itself cannot be searched for") from None
            # "license:" is part of every token of a license: it can be no secret, and would blank them all.
            if forms and not self._is_public(value, token):
                self._remember(value, kind, forms, for_good)
        return token

    def never(self, words: Iterable[str]) -> None:
        """Texts that are public, like the documented paths. A value that is part of one is no secret: searching for it
        would let a client hide where requests went, or have everybody's requests refused."""
        with self._lock:
            self._public = "\x1e".join((self._public, *words)).lower()

    def _is_public(self, value: str, token: str) -> bool:
        word = value.strip().lower()
        return word in token or word in self._public

    def _remember(self, value: str, kind: str, forms: tuple[Form, ...], for_good: bool) -> None:
        if kind == "license" and for_good:
            if len(self._licenses) >= self._capacity:
                raise RegistryFull(f"{self._capacity} licenses are known already; restart the proxy to forget them")
            self._licenses[value] = forms
            *full, last = self._license_blocks or (block_of(()),)
            if len(last.secrets) == _BLOCK:
                full, last = [*full, last], block_of(())
            self._license_blocks = (*full, block_of((*last.secrets, forms)))
        else:
            pool = self._passing if kind == "license" else self._recent
            pool[value] = forms
            while len(pool) > RECENT:
                del pool[next(iter(pool))]
        pools = (self._passing, self._recent)
        self._blocks = (*self._license_blocks, *(block_of(tuple(pool.values())) for pool in pools if pool))

    def contains(self, text: str) -> bool:
        """Whether a known secret stands in ``text`` in any form."""
        try:
            return found_in(_bytes(text), self._blocks)
        except Entangled:
            return True

    def scrub(self, text: str) -> str:
        """``text`` with every known secret replaced by its token."""
        data = _bytes(text)
        clean = self.scrub_bytes(data)
        return text if clean is data else _text(clean)

    def scrub_bytes(self, data: bytes) -> bytes:
        """As ``scrub``, for bytes of UTF-8 text."""
        return self._scrubbed(data, pieces=False)

    def scrub_line(self, text: str) -> str:
        """As ``scrub``, for log output, where a secret may have been cut and the rest of it stand in another line:
        pieces of 8 characters or more are replaced too."""
        data = _bytes(text)
        clean = self._scrubbed(data, pieces=True)
        return text if clean is data else _text(clean)

    def unfinished_at(self, text: str) -> int:
        """Where in ``text`` a secret begins that more text could complete; ``len(text)`` when none does."""
        data = _bytes(text)
        try:
            start = unfinished_at(data, self._blocks)
        except Entangled:
            return len(text)  # it will be withheld
        return len(text) if start == len(data) else len(data[:start].decode("utf-8", "ignore"))

    def _scrubbed(self, data: bytes, *, pieces: bool) -> bytes:
        blocks = self._blocks
        if not blocks:
            return data
        try:
            for _ in range(_ROUNDS):
                spans: list[Span] = spans_in(data, blocks)
                if pieces:
                    spans += piece_spans(data, blocks)
                if not spans:
                    return data
                data = replaced(data, spans)
        except Entangled:
            pass
        return WITHHELD.encode()


def _again(pool: dict[str, tuple[Form, ...]], value: str) -> bool:
    """Whether ``value`` is in ``pool``, where it is the newest from now on."""
    forms = pool.pop(value, None)
    if forms is not None:
        pool[value] = forms
    return forms is not None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        # A span may end within a character where a secret was spelled as latin-1.
        return data.decode("utf-8", "replace")
