#!/usr/bin/env -S python3 -I
"""Checks an evidence bundle of beacon-audit. Needs Python 3.9 or later and nothing else; installs and unpacks nothing.

    python3 -I verify.py [ZIP|DIR] [--vkey FILE] [--anchor FILE]... [--json]

Without ZIP or DIR it checks the directory that it lies in. What it knows stands in docs/trail-format.md of
beacon-audit: it was written from that document and shares no code with beacon-audit, so it is a second opinion.

Trust this file as far as the place you have it from. Whoever could alter a bundle could have altered the verify.py in
it: take the file from a release of beacon-audit, or read it, or write your own from the document.

--vkey    the log's public key, had from its owner by another way than the bundle. Without it the key in the bundle is
          used, which shows that nothing was altered since somebody signed it, and not who that was.
--anchor  a checkpoint that was kept where the log's owner cannot change it: a signed note, or lines of the proxy's
          stdout or of checkpoints.log. May be repeated. Without an anchor nobody can tell a log that its owner, or
          a thief of the key, wrote anew from the one that was there before.

Exit status: 0 everything checked and anchored; 1 tampered; 2 incomplete; 3 sound, but without an anchor; 4 could not be
checked (wrong usage, unreadable file).
"""

# The bundle goes to people whose Python we do not choose, so what newer versions brought stays out:
# ruff: noqa: B905, RUF007, UP006, UP035, UP045
# Python looks for modules where the program lies before it looks anywhere else. That may be a directory with whatever
# somebody put into a bundle, and must be out of the way before the first import but `sys`, which is built in. That goes
# for `__future__`, too: so no annotation may name what comes after it.
import sys

if __name__ == "__main__" and not sys.flags.isolated and not getattr(sys.flags, "safe_path", False):
    sys.path[:] = [place for place in sys.path[1:] if place not in ("", sys.path[0])]

import argparse
import base64
import binascii
import calendar
import hashlib
import json
import os
import re
import stat
import struct
import zipfile
import zlib
from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from itertools import chain as one_after_the_other
from pathlib import Path
from typing import Any, BinaryIO, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

OK, TAMPERED, INCOMPLETE, UNANCHORED = "ok", "tampered", "incomplete", "unanchored"
EXIT_STATUS = {OK: 0, TAMPERED: 1, INCOMPLETE: 2, UNANCHORED: 3}
UNUSABLE = 4

EM_DASH = "\u2014"  # by its name Python would import `unicodedata` to compile this, before it runs anything
WIDTH = 256  # entries of a bundle, hashes of a tile
HASH = 32
MAX_ENTRY = 65_000
MAX_NOTE = 128 * 1024
MAX_LINE = 2048  # of checkpoints.log
MAX_COVERAGE = 16 * 1024 * 1024
MAX_POLICY = 8 * MAX_ENTRY  # it stands in an entry, but in ASCII here
MAX_CONTRACT = 16 * 1024 * 1024  # all files of one
MAX_PATH = 1024  # of a file in a bundle that was unpacked
MAX_FRAME = 1024 * 1024  # README.txt and verify.py
MAX_PAYLOAD = 256 * 1024 * 1024
SMALL = 1024 * 1024  # costs next to nothing
MAX_SIZE = 2**63
END_RECORD = 22  # of a zip: bytes, without its comment
HEARTBEAT_GAP = 150 * 10**9  # nanoseconds
LISTED = 50  # problems of one kind that are listed; the rest are counted
MAX_MISSING = 10_000  # bundles without a tile; what lies behind so many is not read

#: Problems that mean something is not there or not known. All others mean that something was altered.
INCOMPLETE_CODES = frozenset(
    ("missing-tile", "missing-bundle", "missing-file", "damaged-at-export", "heartbeat-gap", "recovered",
     "unknown-outcome", "surplus-payload", "prune-unfinished", "unknown-entry-type", "anchor-not-compared",
     "payload-unaccounted", "payload-unchecked")
)  # fmt: skip
#: Problems after which coverage.json cannot be compared with the entries.
BLINDING = frozenset(
    ("missing-bundle", "bundle-mismatch", "wrong-count", "malformed-entry", "index-mismatch", "root-mismatch",
     "key-change-invalid", "policy-digest-mismatch")
)  # fmt: skip


class Unusable(Exception):
    """What was given on the command line cannot be used: exit status 4."""


class Malformed(Exception):
    """Bytes that are not what they should be; the message says why."""


# --------------------------------------------------------------------------------------------------------------------
# Ed25519 (RFC 8032), verification only: there are no secrets here, so nothing needs constant time.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
TWO_D = 2 * D % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
WINDOW = 6  # bits: tables of 43 rows of 64 points are made in about 20 ms and make a signature cost 86 additions

Point = Tuple[int, int, int, int]  # extended coordinates X, Y, Z, T = XY/Z
Table = List[List[Tuple[int, int, int]]]  # (y - x, y + x, 2dxy) of affine points


def decompress(data: bytes) -> Tuple[int, int]:
    """The affine point that 32 bytes encode; strict: only the canonical encoding of a point on the curve."""
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if len(data) != 32 or y >= P:
        raise Malformed("not a canonical encoding of a point")
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT_OF_MINUS_ONE % P
        if (v * x * x - u) % P:
            raise Malformed("not a point on the curve")
    if x == 0 and sign:
        raise Malformed("not a canonical encoding of a point")
    return (P - x if x & 1 != sign else x), y


def add_points(p: Point, q: Point) -> Point:
    """RFC 8032 section 5.1.4: complete, so it doubles and takes the neutral element as well."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = TWO_D * p[3] * q[3] % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiples(x: int, y: int) -> Table:
    """For each window of a scalar the multiples of the point that the window can ask for."""
    points: List[Point] = []
    base: Point = (x, y, 1, x * y % P)
    for _ in range(-(-256 // WINDOW)):
        multiple = base
        for _ in range((1 << WINDOW) - 1):
            points.append(multiple)
            multiple = add_points(multiple, base)
        base = multiple
    # One inversion for all (Montgomery): products[i] is the product of the Z before point i.
    products = [1]
    for point in points:
        products.append(products[-1] * point[2] % P)
    inverse = pow(products[-1], -1, P)
    affine: List[Tuple[int, int, int]] = []
    for point, product in zip(reversed(points), reversed(products[:-1])):
        z = inverse * product % P
        inverse = inverse * point[2] % P
        x, y = point[0] * z % P, point[1] * z % P
        affine.append(((y - x) % P, (y + x) % P, TWO_D * x * y % P))
    affine.reverse()
    step = (1 << WINDOW) - 1
    return [[(1, 1, 0), *affine[start : start + step]] for start in range(0, len(affine), step)]


_base_table: List[Table] = []


def base_table() -> Table:
    if not _base_table:
        y = 4 * pow(5, -1, P) % P
        _base_table.append(multiples(*decompress(y.to_bytes(32, "little"))))
    return _base_table[0]


class PublicKey:
    """An Ed25519 public key. Raises `Malformed` for an encoding that is not canonical and for keys of small order,
    under which one signature can hold for many messages."""

    def __init__(self, data: bytes) -> None:
        x, y = decompress(data)
        eighth: Point = (x, y, 1, x * y % P)
        for _ in range(3):
            eighth = add_points(eighth, eighth)
        if eighth[0] == 0:  # 8·A is the neutral element; x = 0 with an odd order is nothing else
            raise Malformed("a public key of small order")
        self.data = data
        self._negative = (-x % P, y)
        self._table: Optional[Table] = None

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """RFC 8032 section 5.1.7 without the cofactor: R is compared as bytes, so it is canonical too."""
        scalar = int.from_bytes(signature[32:], "little")
        if len(signature) != 64 or scalar >= ORDER:
            return False
        if self._table is None:
            self._table = multiples(*self._negative)
        digest = hashlib.sha512(signature[:32] + self.data + message).digest()
        challenge = int.from_bytes(digest, "little") % ORDER
        x, y, z, t = 0, 1, 1, 0
        mask = (1 << WINDOW) - 1
        for table, number in ((base_table(), scalar), (self._table, challenge)):
            for row in table:
                y_minus_x, y_plus_x, two_d_t = row[number & mask]
                number >>= WINDOW
                a, b, c, d = (y - x) * y_minus_x % P, (y + x) * y_plus_x % P, t * two_d_t % P, 2 * z
                e, f, g, h = b - a, d - c, d + c, b + a
                x, y, z, t = e * f % P, g * h % P, f * g % P, e * h % P
        inverse = pow(z, -1, P)
        x, y = x * inverse % P, y * inverse % P
        return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --------------------------------------------------------------------------------------------------------------------
# Signed notes, keys and checkpoints (C2SP signed-note, tlog-checkpoint)


def decode_base64(text: str, length: Optional[int] = None) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise Malformed("not base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Malformed("base64 that is not canonical")
    if length is not None and len(data) != length:
        raise Malformed(f"expected {length} bytes in base64, found {len(data)}")
    return data


def decimal(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text) or int(text) >= MAX_SIZE:
        raise Malformed("expected a decimal number without leading zeros")
    return int(text)


class Key(NamedTuple):
    """A verifier key: its line, the name (the log's origin) and key id in its signatures, and the public key."""

    vkey: str
    name: str
    key_id: bytes
    public: PublicKey

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.public.data).hexdigest()


def parse_vkey(line: str) -> Key:
    parts = line.split("+", 2)
    if len(parts) != 3 or not is_key_name(parts[0]) or not re.fullmatch("[0-9a-f]{8}", parts[1]):
        raise Malformed("expected <origin>+<key id>+<base64 of the key>")
    data = decode_base64(parts[2], 33)
    if data[0] != 1:
        raise Malformed(f"expected a key of type 1 (Ed25519), found type {data[0]}")
    key_id = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
    if key_id.hex() != parts[1]:
        raise Malformed(f"the key id is {parts[1]}, and {key_id.hex()} by the rest of the line")
    return Key(line, parts[0], key_id, PublicKey(data[1:]))


def is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)


class Checkpoint(NamedTuple):
    """A note that is a checkpoint. Its text is to be ignored until `signed_by` has said yes."""

    text: str
    signatures: Tuple[Tuple[str, bytes, bytes], ...]  # key name, key id, signature
    origin: str
    size: int
    root: bytes

    def signed_by(self, key: Key) -> bool:
        """Whether the key signed it. Raises `Malformed` when a signature in its name is wrong."""
        mine = [value for name, key_id, value in self.signatures if (name, key_id) == (key.name, key.key_id)]
        if not all(key.public.verifies(value, self.text.encode()) for value in mine):
            raise Malformed("the signature is wrong")
        return bool(mine)


def parse_checkpoint(note: bytes) -> Checkpoint:
    if len(note) > MAX_NOTE:
        raise Malformed(f"more than {MAX_NOTE} bytes")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    if any(character < " " and character != "\n" for character in whole):
        raise Malformed("a control character")
    head, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise Malformed("expected three lines, an empty line and a signature, each with its newline")
    signatures = tuple(map(parse_signature, tail[:-1].split("\n")))
    lines = head.split("\n")
    if len(lines) != 3 or not lines[0]:
        raise Malformed("expected the three lines origin, size and root before the empty line")
    return Checkpoint(head + "\n", signatures, lines[0], decimal(lines[1]), decode_base64(lines[2], HASH))


def parse_signature(line: str) -> Tuple[str, bytes, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != EM_DASH or not is_key_name(parts[1]):
        raise Malformed("expected a signature line: — <key name> <base64>")
    data = decode_base64(parts[2])
    if len(data) < 5:
        raise Malformed("a signature that is too short")
    return parts[1], data[:4], data[4:]


def parse_log_line(line: bytes) -> bytes:
    """The note in one line of checkpoints.log."""
    try:
        note = json.loads(line.decode("utf-8"))
        canonical = json.dumps(note, ensure_ascii=False).encode("utf-8") + b"\n"
    except (ValueError, RecursionError):
        raise Malformed("not a JSON string") from None
    if not isinstance(note, str) or canonical != line:
        raise Malformed("not a checkpoint as one JSON string")
    return note.encode("utf-8")


class Anchor(NamedTuple):
    name: str  # the file it came in, and the line
    checkpoint: Checkpoint


def read_anchors(path: str) -> List[Anchor]:
    """The checkpoints in a file: one signed note; or lines, of which those count that are a JSON string or a JSON
    object with a `checkpoint`, so that a whole log of the proxy's stdout will do."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    notes = [(f"{path}:{number}", _note_in(line)) for number, line in enumerate(data.split(b"\n"), 1)]
    found = [Anchor(place, _anchor(note, place)) for place, note in notes if note is not None]
    return found or [Anchor(path, _anchor(data, path))]


#: In each form of a line with a checkpoint, wherever it was cut and whatever stands before it. It may be the newest.
CUT_LINE = re.compile(rb'"checkpoint"|\A\s*"|beacon-audit/[0-9a-f]{16}\\n')
#: In such a line also when it has become a text in an object of somebody else.
WRAPPED_LINE = re.compile(rb"beacon-audit/[0-9a-f]{16}\\+n")


def _note_in(line: bytes) -> Optional[bytes]:
    """The note in a line; none, when it holds no checkpoint; empty, when it holds one that was cut or wrapped."""
    try:
        value = json.loads(line.decode("utf-8"))
        if isinstance(value, dict):
            value = value.get("checkpoint", "" if value.get("event") == "checkpoint" else None)
        if isinstance(value, str):
            return value.encode("utf-8")
        return b"" if WRAPPED_LINE.search(line) else None
    except (ValueError, RecursionError):
        return b"" if CUT_LINE.search(line) else None


def _anchor(note: bytes, place: str) -> Checkpoint:
    try:
        return parse_checkpoint(note)
    except Malformed as reason:
        raise Unusable(f"{place}: not a checkpoint: {reason}") from None


# --------------------------------------------------------------------------------------------------------------------
# The tree (RFC 6962 section 2.1) and its tiles (C2SP tlog-tiles)

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of subtrees of equal size; at least one. Level by level, an odd last one goes up as it is,
    which is the tree of RFC 6962."""
    row = list(hashes)
    while len(row) > 1:
        odd = [row[-1]] if len(row) % 2 else []
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)] + odd
    return row[0]


def tile_path(level: Optional[int], index: int, width: int) -> str:
    digits = str(index)
    groups = [digits.zfill(-(-len(digits) // 3) * 3)[i : i + 3] for i in range(0, -(-len(digits) // 3) * 3, 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + [groups[-1]])
    kind = "entries" if level is None else str(level)
    return f"tile/{kind}/{name}" + ("" if width == WIDTH else f".p/{width}")


TILE_PATH = re.compile(r"tile/(?:entries|\d{1,2})/((?:x\d{3}/){0,6}\d{3})(?:\.p/\d{1,3})?", re.ASCII)


def tile_number(path: str) -> int:
    """The number in something like the path of a tile or bundle; -1 when it is none."""
    match = TILE_PATH.fullmatch(path)
    return int(match.group(1).replace("/", "").replace("x", "")) if match else -1


def inclusion_root(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 section 2.1.3.2). Raises `Malformed`."""
    position, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Malformed("the proof is too long")
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise Malformed("the proof is too short")
    return result


class GrowingTree:
    """The complete subtrees at the left of a growing tree, from full tiles; an unknown one makes the root unknown, but
    where a tile further up tells: `stored` gives a hash by the level of the tile that has it and its number there."""

    def __init__(self, stored: Callable[[int, int], Optional[bytes]]) -> None:
        self._stack: List[Tuple[int, Optional[bytes]]] = []  # height above a full tile, hash
        self._stored = stored
        self._count = 0

    def append(self, tile: Optional[bytes]) -> None:
        height, value = 0, tile
        while self._stack and self._stack[-1][0] == height:
            left = self._stack.pop()[1]
            value = None if left is None or value is None else node_hash(left, value)
            height += 1
            if value is None and height % 8 == 0:
                value = self._stored(height // 8 + 1, self._count >> height)
        self._stack.append((height, value))
        self._count += 1

    def root(self, rest: Sequence[bytes] = ()) -> Optional[bytes]:
        """The root of what was appended, followed by less than a tile of leaves."""
        if not self._stack and not rest:
            return EMPTY_ROOT
        parts = [value for _, value in self._stack] + ([subtree(rest)] if rest else [])
        result = parts.pop()
        while parts and result is not None:
            left = parts.pop()
            result = None if left is None else node_hash(left, result)
        return result


# --------------------------------------------------------------------------------------------------------------------
# Where the files are: a zip or a directory. Nothing is unpacked, and every read is bounded.


class Files:
    """The files of a bundle by name. A name is only ever compared with one that this program made itself."""

    def __init__(self) -> None:
        self.faults: List[Tuple[str, str]] = []  # (name, what is wrong with it)
        self.unused: Set[str] = set()

    def has(self, name: str) -> bool:
        raise NotImplementedError

    def names(self) -> Iterable[str]:
        raise NotImplementedError

    def open(self, name: str) -> BinaryIO:
        """Raises `Malformed` when it is there and cannot be read, `KeyError` when it is not there."""
        raise NotImplementedError

    def size(self, name: str) -> int:
        """How many bytes it says to have, and never gives more."""
        raise NotImplementedError

    def read(self, name: str, limit: int) -> bytes:
        """At most `limit` bytes, and one more when there is more. Marks the name as used."""
        data = bytearray()
        for piece in self.pieces(name, limit + 1):
            data += piece
        return bytes(data)

    def pieces(self, name: str, limit: int) -> Iterator[bytes]:
        """Its first bytes, not more than `limit`, in pieces that fit into little memory. Marks the name as used."""
        self.unused.discard(name)
        try:
            with self.open(name) as stream:
                while limit > 0:
                    piece = stream.read(min(limit, SMALL))
                    if not piece:
                        return
                    yield piece
                    limit -= len(piece)
        except READ_ERRORS as error:
            raise Malformed(f"cannot be read: {error}") from None

    def lines(self, name: str) -> Iterator[Tuple[int, bytes]]:
        """Its lines with their offsets. Raises `Malformed`."""
        self.unused.discard(name)
        offset = 0
        try:
            with self.open(name) as stream:
                while True:
                    line = stream.readline(MAX_LINE + 1)
                    if not line:
                        return
                    if len(line) > MAX_LINE:
                        raise Malformed(f"a line of more than {MAX_LINE} bytes")
                    yield offset, line
                    offset += len(line)
        except READ_ERRORS as error:
            raise Malformed(f"cannot be read after byte {offset}: {error}") from None


# What reading a damaged member of a zip can raise.
READ_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)


class ZipFiles(Files):
    """A zip, read in place. Duplicate names, encrypted members and bytes that belong to no member are faults."""

    def __init__(self, path: str) -> None:
        super().__init__()
        try:
            self._zip = zipfile.ZipFile(path)
        except READ_ERRORS as error:
            raise Unusable(f"{path}: not a zip that can be read: {error}") from None
        self._members: Dict[str, zipfile.ZipInfo] = {}
        self._directories: Set[str] = set()
        for member in self._zip.infolist():
            self._take(member)
        self._check_directories()
        self.unused = set(self._members)
        self._check_layout(path)

    def _take(self, member: zipfile.ZipInfo) -> None:
        name = member.orig_filename  # as it stands there: `filename` ends at a NUL
        if name in self._members:
            self.faults.append((name, "two files of this name"))
        elif member.flag_bits & 0x1:
            self.faults.append((name, "it is encrypted"))
        elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            self.faults.append((name, "it is neither stored nor deflated"))
        elif member.comment:
            self.faults.append((name, "it has a comment"))
        elif name.endswith("/") and member.file_size == 0:
            self._directories.add(name)
        else:
            self._members[name] = member

    def _check_directories(self) -> None:
        """A tool that packs the files again may write those that they lie in. Any other is a name of its own."""
        names = sorted(self._members)
        for directory in sorted(self._directories):
            first = bisect_left(names, directory)
            if not names[first : first + 1] or not names[first].startswith(directory):
                self.faults.append((directory, "a directory in which nothing lies"))

    def _check_layout(self, path: str) -> None:
        """Bytes between the members are seen by some programs and not by others."""
        end = slack = 0
        with Path(path).open("rb") as stream:
            for member in sorted(self._zip.infolist(), key=lambda member: member.header_offset):
                stream.seek(member.header_offset)
                header = stream.read(30)
                if not end <= member.header_offset <= end + slack:
                    self.faults.append((member.filename, "bytes that belong to no file before this one"))
                name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
                end = member.header_offset + 30 + name + extra + member.compress_size
                # With bit 3, checksum and sizes follow the data, in 12 to 24 bytes.
                slack = 24 if member.flag_bits & 0x8 else 0
            stream.seek(-END_RECORD, os.SEEK_END)
            is_end = stream.read(4) == b"PK\x05\x06"  # of a zip that has no comment, and nothing behind it
        if not end <= self._zip.start_dir <= end + slack or not is_end:
            self.faults.append(("", "bytes that belong to no file at the end of the zip"))

    def has(self, name: str) -> bool:
        return name in self._members

    def names(self) -> Iterable[str]:
        return self._members

    def open(self, name: str) -> BinaryIO:
        return self._zip.open(self._members[name])  # type: ignore[return-value]  # typeshed says IO[bytes]

    def size(self, name: str) -> int:
        return self._members[name].file_size


def _give_up(error: OSError) -> None:
    raise error


class DirectoryFiles(Files):
    """A bundle that was unpacked. Links and devices are faults and are not followed."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._root = Path(path)
        for folder, folders, files in os.walk(path, onerror=_give_up):
            for name in folders + files:
                full = Path(folder, name)
                relative = full.relative_to(self._root).as_posix()
                if len(relative) > MAX_PATH:
                    folders.clear()
                    self.faults.append((relative, "its path is too long"))
                    break
                mode = full.lstat().st_mode
                if stat.S_ISREG(mode):
                    self.unused.add(relative)
                elif not stat.S_ISDIR(mode):
                    self.faults.append((relative, "it is neither a file nor a directory"))
        self._names = frozenset(self.unused)

    def has(self, name: str) -> bool:
        return name in self._names

    def names(self) -> Iterable[str]:
        return self._names

    def open(self, name: str) -> BinaryIO:
        if name not in self._names:
            raise KeyError(name)
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(self._root / name, flags), "rb")

    def size(self, name: str) -> int:
        return (self._root / name).lstat().st_size


def open_files(path: str) -> Files:
    try:
        return DirectoryFiles(path) if Path(path).is_dir() else ZipFiles(path)
    except OSError as error:
        raise Unusable(f"{error.filename or path}: {error.strerror}") from None


# --------------------------------------------------------------------------------------------------------------------
# What is found


class Problem(NamedTuple):
    code: str
    entry: Optional[int]
    file: Optional[str]
    offset: Optional[int]
    message: str


class Findings:
    """The problems in the order in which they were found, at most `LISTED` of a kind."""

    def __init__(self) -> None:
        self.problems: List[Problem] = []
        self.counts: Dict[str, int] = {}

    def add(
        self,
        code: str,
        message: str,
        *,
        entry: Optional[int] = None,
        file: Optional[str] = None,
        offset: Optional[int] = None,
    ) -> None:
        self.counts[code] = self.counts.get(code, 0) + 1
        if self.counts[code] <= LISTED:
            self.problems.append(Problem(code, entry, file, offset, message))

    def verdict(self, anchored: bool) -> str:
        if any(code not in INCOMPLETE_CODES for code in self.counts):
            return TAMPERED
        if self.counts:
            return INCOMPLETE
        return OK if anchored else UNANCHORED


# --------------------------------------------------------------------------------------------------------------------
# Entries

TYPES = frozenset(
    (
        "open", "policy", "policy-refused", "intent", "outcome", "refusal", "heartbeat", "recovered", "prune",
        "key-change", "approval", "close",
    )
)  # fmt: skip
#: What an approval may name.
NAME_KINDS = frozenset(("attribute-key", "metric-name", "span-name", "event-name", "scope-name"))
#: What a bundle quotes in coverage.json and proves one by one.
QUOTED = frozenset(("open", "close", "policy", "key-change", "prune", "recovered"))
EXCHANGE = frozenset(("intent", "outcome", "refusal"))
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
PAYLOAD_FILE = re.compile(r"(\d{4}-\d\d-\d\d)/[0-9a-z][0-9a-z._-]{0,99}", re.ASCII)
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

_minutes: Dict[str, int] = {}


def moment(text: str) -> int:
    """Nanoseconds since 1970 of an RFC 3339 time in UTC. Raises `Malformed`."""
    match = TIME.fullmatch(text)
    if not match:
        raise Malformed("expected a time such as 2026-01-31T08:00:00.5Z")
    minute, second, fraction = match.groups()
    seconds = _minutes.get(minute)
    if seconds is None:
        year, month, day = int(minute[:4]), int(minute[5:7]), int(minute[8:10])
        hour, minutes = int(minute[11:13]), int(minute[14:16])
        if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(max(year, 1), month)[1] and year):
            raise Malformed("a date that does not exist")
        if hour > 23 or minutes > 59:
            raise Malformed("a time that does not exist")
        seconds = calendar.timegm((year, month, day, hour, minutes, 0))
        if len(_minutes) > 4096:
            _minutes.clear()
        _minutes[minute] = seconds
    if int(second) > 59:
        raise Malformed("a time that does not exist")
    return (seconds + int(second)) * 10**9 + int((fraction or "").ljust(9, "0"))


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and infinities are not JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)


def _sorted_object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    names = [name for name, _ in pairs]
    if any(left >= right for left, right in zip(names, names[1:])):
        raise ValueError("keys that are not sorted")
    return dict(pairs)


def _finite(text: str) -> float:
    if float(text) in (float("inf"), float("-inf")):
        raise ValueError("a number that is too large")
    return float(text)


_strict_decoder = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_sorted_object)


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> bytes:
    return _encoder.encode(value).encode("utf-8")


def parse_entry(data: bytes) -> Dict[str, Any]:
    """The fields of an entry. Raises `Malformed` unless it is one JSON object with sorted keys and no white space."""
    if len(data) > MAX_ENTRY:
        raise Malformed(f"an entry of {len(data)} bytes; {MAX_ENTRY} are allowed")
    try:
        text = data.decode("utf-8")
        fields, end = _decoder.raw_decode(text)
        if end != len(text) or not isinstance(fields, dict):
            raise Malformed("expected one JSON object")
        if canonical(fields) != data:
            # Another spelling of a number or of a character is allowed; white space, disorder and duplicates are not.
            _strict_decoder.decode(text)
            if re.search(r"\s", STRING.sub("", text)):
                raise Malformed("white space between tokens")
    except (ValueError, RecursionError):
        raise Malformed("not JSON with sorted keys in UTF-8") from None
    for name in ("type", "id", "time"):
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise Malformed(f"expected a text in `{name}`")
    if type(fields.get("index")) is not int:
        raise Malformed("expected a number in `index`")
    return fields


def split_bundle(data: bytes, count: int) -> Tuple[List[bytes], List[int], Optional[Tuple[str, str, int]]]:
    """The entries, their offsets, and (code, message, offset) of what is wrong with the rest."""
    entries: List[bytes] = []
    offsets: List[int] = []
    position = 0
    while len(entries) < count:
        length = int.from_bytes(data[position : position + 2], "big")
        if position + 2 > len(data) or position + 2 + length > len(data):
            message = f"expected {count} entries, found {len(entries)}"
            return entries, offsets, ("wrong-count", message, position)
        entries.append(data[position + 2 : position + 2 + length])
        offsets.append(position)
        position += 2 + length
    if position < len(data):
        return entries, offsets, ("surplus-bytes", f"bytes after the {count} entries", position)
    return entries, offsets, None


class KeyChange(NamedTuple):
    entry: int
    old: Key
    new: Key


def parse_key_change(index: int, fields: Dict[str, Any], origin: str) -> KeyChange:
    """Raises `Malformed` unless both keys signed it."""
    texts = [fields.get(name) for name in ("old", "new", "old_signature", "new_signature")]
    if not all(isinstance(text, str) for text in texts):
        raise Malformed("expected two keys and two signatures")
    old, new = parse_vkey(str(texts[0])), parse_vkey(str(texts[1]))
    statement = f"beacon-audit key-change/v1\n{old.vkey}\n{new.vkey}\n".encode()
    for key, signature, which in ((old, texts[2], "old"), (new, texts[3], "new")):
        if key.name != origin:
            raise Malformed(f"the {which} key is of another log")
        if not key.public.verifies(decode_base64(str(signature), 64), statement):
            raise Malformed(f"the signature of the {which} key is wrong")
    return KeyChange(index, old, new)


class KeyChain:
    """Which key signs a checkpoint of which size. `trusted` may be any key of the chain."""

    def __init__(self, trusted: Key, changes: Sequence[KeyChange]) -> None:
        self._indexes = [change.entry for change in changes]
        self._keys = [changes[0].old, *(change.new for change in changes)] if changes else [trusted]
        self.keys = tuple(key.vkey for key in self._keys)
        self.holds_trusted = trusted.vkey in self.keys

    def key_for(self, size: int) -> Key:
        return self._keys[bisect_left(self._indexes, size)]

    def fault_of(self, checkpoint: Checkpoint) -> str:
        """Why a checkpoint is not this log's own; empty when it is."""
        key = self.key_for(checkpoint.size)
        try:
            if checkpoint.origin == key.name and checkpoint.signed_by(key):
                return ""
        except Malformed as reason:
            return str(reason)
        return "not signed by the log's key"

    def may_have_signed_earlier(self, checkpoint: Checkpoint) -> bool:
        """Whether it may be this log's, signed by a key before those that are known."""
        known = {(key.name, key.key_id) for key in self._keys}
        signers = {(name, key_id) for name, key_id, _ in checkpoint.signatures}
        return checkpoint.origin == self._keys[0].name and not known & signers


# --------------------------------------------------------------------------------------------------------------------
# What the entries say together: the rules of the log, and what coverage.json must say


class Story:
    """Reads entries in the order of the log. Entries that are not in the bundle (a part was exported) or cannot be
    believed leave a gap; what depends on them is then not judged."""

    def __init__(self, findings: Findings, selection: Optional[Tuple[Optional[int], Optional[int]]]) -> None:
        self._findings = findings
        self._selection = selection
        self._previous: Optional[Tuple[int, str, int]] = None  # index, time as text and as a number
        self._running = False
        self._era = 0
        self._stop: Optional[Dict[str, Any]] = None  # of the run that ended last, until another begins
        self._open: Dict[str, Tuple[int, int, int]] = {}  # id: (index, era, gaps before)
        self.gaps = 0
        self.stray_outcomes: Dict[int, Tuple[str, int]] = {}  # index: id, gaps before
        self.refused_ids = array("Q")
        self.outcome_ids = array("Q")
        self.first = self.last = -1  # of the time that was selected
        self.runs: List[Dict[str, Any]] = []
        self.downtime: List[Dict[str, Any]] = []
        self.heartbeat_gaps: List[Dict[str, Any]] = []
        self.recovered: List[Dict[str, Any]] = []
        self.prunes: List[Dict[str, Any]] = []
        self.key_changes: List[Dict[str, Any]] = []
        self.policies: List[Dict[str, Any]] = []
        self.contracts: Dict[str, Any] = {}  # digest: name

    def skip(self) -> None:
        self.gaps += 1
        self._previous = None

    def take(self, index: int, fields: Dict[str, Any], say: Callable[[str, str], None]) -> None:
        """`say` is told the code and the message of what is wrong with this entry."""
        time = moment(fields["time"])
        if self._in_selection(time):
            self.first, self.last = (index if self.first < 0 else self.first), index
        self._check_distance(fields, time, say)
        kind = fields["type"]
        if kind in EXCHANGE:
            self._exchange(index, fields, say)
        elif kind != "heartbeat":
            self._event(index, fields, say)
        self._previous = (index, fields["time"], time)

    def _in_selection(self, time: int) -> bool:
        since, until = self._selection or (None, None)
        return (since is None or time >= since) and (until is None or time < until)

    def _check_distance(self, fields: Dict[str, Any], time: int, say: Callable[[str, str], None]) -> None:
        """A heartbeat is due while a proxy runs. That time is missing before `recovered` is what `recovered` says."""
        previous = self._previous
        if previous is None or not self._running or fields["type"] == "recovered":
            return
        if abs(time - previous[2]) > HEARTBEAT_GAP:
            self.heartbeat_gaps.append({"after": previous[0], "from": previous[1], "to": fields["time"]})
            say("heartbeat-gap", f"{abs(time - previous[2]) // 10**9} seconds after the entry before; time is missing")

    def _event(self, index: int, fields: Dict[str, Any], say: Callable[[str, str], None]) -> None:
        kind, here = fields["type"], {"index": index, "time": fields["time"]}
        if kind in ("open", "close", "recovered"):
            self._turn(kind, here)
        if kind == "open" and isinstance(fields.get("contract_digest"), str):
            self.contracts.setdefault(fields["contract_digest"], fields.get("contract"))
        elif kind == "recovered":
            self.recovered.append(here)
            say("recovered", "the proxy did not stop in good order before this entry")
        elif kind == "prune":
            self.prunes.append({**here, "before": fields["before"], "files": fields.get("files")})
        elif kind == "key-change":
            self.key_changes.append({**here, "old": fields.get("old"), "new": fields.get("new")})
        elif kind == "policy":
            self.policies.append({**here, "digest": fields.get("digest"), "name": fields.get("name")})

    def _turn(self, kind: str, here: Dict[str, Any]) -> None:
        """A proxy started or stopped: what was open before belongs to an earlier era."""
        self._era += 1
        if self._running:
            self._running = False
            if kind == "close":
                self._stop = {**here, "clean": True}
            elif self._previous is not None:  # a bundle has the entry before, so that it can be named
                self._stop = {"index": self._previous[0], "time": self._previous[1], "clean": False}
            self.runs[-1]["stop"] = self._stop
        if kind != "close" and self._stop is not None:
            stop, self._stop = self._stop, None
            self.downtime.append(
                {"after": stop["index"], "before": here["index"], "clean": stop["clean"], "from": stop["time"],
                 "to": here["time"]}
            )  # fmt: skip
        if kind == "open":
            self._running = True
            self.runs.append({"start": here, "stop": None})

    def _exchange(self, index: int, fields: Dict[str, Any], say: Callable[[str, str], None]) -> None:
        identity = fields["id"]
        known = self._open.get(identity)
        if fields["type"] == "outcome":
            self._outcome(index, identity, fields["state"], say)
            return
        if known is not None and known[2] == self.gaps:  # else it may have ended in between
            say("id-reused", f"the intent {known[0]} with this id is open")
        if fields["type"] == "intent":
            self._open[identity] = (index, self._era, self.gaps)
        else:
            self.refused_ids.append(short_id(identity))

    def _outcome(self, index: int, identity: str, state: str, say: Callable[[str, str], None]) -> None:
        self.outcome_ids.append(short_id(identity))
        intent = self._open.pop(identity, None)
        if intent is None:
            if len(self.stray_outcomes) < LISTED:
                self.stray_outcomes[index] = identity, self.gaps
        elif intent[1] != self._era and state != "unknown":
            say("late-outcome", f"it says `{state}` of the intent {intent[0]}, which a stopped proxy had left open")
        if state == "unknown":
            say("unknown-outcome", "nobody knows whether this was sent")

    def open_intents(self) -> List[Tuple[int, str, bool]]:
        """Index and id of those without an outcome, and whether they belong to the run that goes on."""
        return sorted((index, identity, era == self._era) for identity, (index, era, _) in self._open.items())


def short_id(identity: str) -> int:
    """Eight bytes that stand for an id where only a first look is taken, so that memory stays small."""
    return int.from_bytes(hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()[:8], "big")


class Tally:
    """What coverage.json counts, over the entries that were selected."""

    def __init__(self) -> None:
        self.types: Dict[str, int] = {}
        self.endpoints: Dict[str, int] = {}
        self.actions: Dict[str, int] = {}
        self.payloads = {"missing": 0, "none": 0, "present": 0, "pruned": 0}
        self.unknown: List[Dict[str, Any]] = []

    def take(self, index: int, fields: Dict[str, Any], payload: Optional[str]) -> None:
        kind = fields["type"]
        self.types[kind] = self.types.get(kind, 0) + 1
        if kind in ("intent", "refusal"):
            for counts, name in ((self.endpoints, "endpoint"), (self.actions, "action")):
                value = fields.get(name)
                label = value if isinstance(value, str) else "none"
                counts[label] = counts.get(label, 0) + 1
        if kind == "outcome" and fields.get("state") == "unknown":
            self.unknown.append({"id": fields["id"], "index": index})
        if payload is not None:
            self.payloads[payload] += 1


# --------------------------------------------------------------------------------------------------------------------
# coverage.json


class Coverage(NamedTuple):
    """What coverage.json claims about the extent of the bundle. It is not signed: a claim that is checked."""

    document: Dict[str, Any]
    included: Tuple[Tuple[int, int], ...]  # entries, first and last
    selected: Tuple[Tuple[int, int], ...]
    selection: Optional[Tuple[Optional[int], Optional[int]]]

    def includes(self, first: int, last: int) -> bool:
        found = range_with(self.included, first)
        return found is not None and last <= found[1]


def parse_coverage(data: bytes, size: int) -> Coverage:
    # Parsed, it takes far more memory: so first whether there is not more of everything than entries account for.
    if len(data) > MAX_COVERAGE or data.count(b",") > 10_000 + 64 * size:
        raise Malformed("larger than a log of this size can make it")
    try:
        document = _strict_decoder.decode(data.decode("utf-8"))
        if not isinstance(document, dict) or canonical(document) != data:
            raise Malformed("expected one JSON object with sorted keys and no white space")
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if document.get("version") != 1:
        raise Malformed("expected version 1; this verify.py is too old for a later one")
    entries = document.get("entries")
    if not isinstance(entries, dict):
        raise Malformed("expected `entries`")
    included, selected = (ranges_of(entries.get(name), size) for name in ("included", "selected"))
    if any(start % WIDTH or ((end + 1) % WIDTH and end + 1 != size) for start, end in included):
        raise Malformed("expected `entries.included` to be whole bundles")
    return Coverage(document, included, selected, _selection_of(document.get("selection")))


def range_with(ranges: Sequence[Tuple[int, int]], index: int) -> Optional[Tuple[int, int]]:
    """The one of these ranges, which are in order, that holds `index`."""
    place = bisect_right(ranges, (index, MAX_SIZE)) - 1
    return ranges[place] if place >= 0 and index <= ranges[place][1] else None


def ranges_of(value: Any, size: int) -> Tuple[Tuple[int, int], ...]:
    result: List[Tuple[int, int]] = []
    for item in value if isinstance(value, list) else [None]:
        if not (isinstance(item, list) and len(item) == 2 and all(type(end) is int for end in item)):
            raise Malformed("expected ranges [first, last]")
        if not (result[-1][1] + 1 if result else -1) < item[0] <= item[1] < size:
            raise Malformed("expected ranges in order, apart, and below the size of the log")
        result.append((item[0], item[1]))
    return tuple(result)


def _selection_of(value: Any) -> Optional[Tuple[Optional[int], Optional[int]]]:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"since", "until"}:
        raise Malformed("expected `selection` to be null or since and until")
    since, until = (None if value[name] is None else moment(str(value[name])) for name in ("since", "until"))
    return since, until


# --------------------------------------------------------------------------------------------------------------------
# The parts of a log in a bundle


class Log:
    """The tiles and bundles of a log of `size` entries, as far as `coverage` says that they are here."""

    def __init__(self, files: Files, findings: Findings, size: int, coverage: Optional[Coverage]) -> None:
        self.files = files
        self.size = size
        self._findings = findings
        self._coverage = coverage
        self._above: Dict[int, Tuple[int, Tuple[bytes, ...]]] = {}  # of each level the tile that was read last
        #: The bundles that should be here and are, in order: a size is only a number, and says little about how many.
        self.present = sorted(self._present())
        #: The last one that should be here and is not; -1: there is none.
        self.last_missing = self._last_missing()

    @property
    def bundles(self) -> range:
        return range(-(-self.size // WIDTH))

    def _present(self) -> Iterator[int]:
        for name in self.files.names():
            number = tile_number(name) if name.startswith("tile/entries/") else -1
            if number in self.bundles and name == self.bundle_path(number) and self.includes(number):
                yield number

    def _last_missing(self) -> int:
        included = ((0, self.size - 1),) if self._coverage is None else self._coverage.included
        for first, last in reversed(included if self.size else ()):
            number, place = last // WIDTH, bisect_right(self.present, last // WIDTH) - 1
            while place >= 0 and self.present[place] == number:
                number, place = number - 1, place - 1
            if number >= first // WIDTH:
                return number
        return -1

    def width(self, number: int, level: int = 0) -> int:
        return int(min(WIDTH, (self.size >> (8 * level)) - number * WIDTH))

    def bundle_path(self, number: int) -> str:
        return tile_path(None, number, self.width(number))

    def includes(self, number: int) -> bool:
        first = number * WIDTH
        return self._coverage is None or self._coverage.includes(first, first + self.width(number) - 1)

    def entries(self, number: int) -> Tuple[List[bytes], List[int]]:
        """The entries of a bundle and their offsets, as many as can be had; says what is wrong."""
        if not self.includes(number):
            return [], []
        path, first, width = self.bundle_path(number), number * WIDTH, self.width(number)
        if not self.files.has(path):
            message = f"the entries {first} to {first + width - 1} are not there"
            self._findings.add("missing-bundle", message, entry=first, file=path)
            return [], []
        try:
            data = self.files.read(path, WIDTH * (2 + 0xFFFF))
        except Malformed as reason:
            self._findings.add("bundle-mismatch", str(reason), entry=first, file=path)
            return [], []
        entries, offsets, problem = split_bundle(data, width)
        if problem is not None:
            code, message, offset = problem
            self._findings.add(code, message, entry=first + len(entries), file=path, offset=offset)
        return entries, offsets

    def entry(self, index: int) -> Dict[str, Any]:
        """One entry; empty when it cannot be had."""
        number, position = divmod(index, WIDTH)
        entries = split_bundle(self._bundle(number), self.width(number))[0]
        try:
            return parse_entry(entries[position]) if position < len(entries) else {}
        except Malformed:
            return {}

    def entries_of(self, *kinds: str) -> Iterator[Tuple[int, Dict[str, Any], str, int]]:
        """Index, fields, file and offset of every readable entry of these types. Says nothing about the others."""
        marks = [f'"type":"{kind}"'.encode() for kind in kinds]
        for number in self.present:
            data = self._bundle(number)
            if not any(mark in data for mark in marks):
                continue
            entries, offsets, _ = split_bundle(data, self.width(number))
            for index, (entry, offset) in enumerate(zip(entries, offsets), number * WIDTH):
                try:
                    fields = parse_entry(entry) if any(mark in entry for mark in marks) else {}
                except Malformed:
                    continue
                if fields.get("type") in kinds:
                    yield index, fields, self.bundle_path(number), offset

    def _bundle(self, number: int) -> bytes:
        path = self.bundle_path(number)
        try:
            return (
                self.files.read(path, WIDTH * (2 + 0xFFFF)) if self.includes(number) and self.files.has(path) else b""
            )
        except Malformed:
            return b""

    def tile(self, level: int, number: int, *, report: bool = True) -> Optional[Tuple[bytes, ...]]:
        """The hashes of a tile; None, and a problem, when it is not there or has another length."""
        width = self.width(number, level)
        path = tile_path(level, number, width)
        expected = width * HASH
        try:
            if not self.files.has(path):
                code, message, offset = "missing-tile", "it is not there", None
            else:
                data = self.files.read(path, expected)
                if len(data) == expected:
                    return tuple(data[i : i + HASH] for i in range(0, expected, HASH))
                offset = min(len(data), expected)
                code = "truncated-tile" if len(data) < expected else "surplus-bytes"
                message = f"expected {width} hashes, found {'less' if len(data) < expected else 'more'}"
        except Malformed as reason:
            code, message, offset = "tile-mismatch", str(reason), None
        if report:
            self._findings.add(code, message, file=path, offset=offset)
        return None

    def stored(self, level: int, number: int) -> Optional[bytes]:
        """A hash that a tile of this level has; the tiles count, and their hashes, are those of all of the level."""
        index = number // WIDTH
        if self._above.get(level, (-1, ()))[0] != index:
            self._above[level] = index, self.tile(level, index, report=False) or ()
        row = self._above[level][1]
        return row[number % WIDTH] if number % WIDTH < len(row) else None


# --------------------------------------------------------------------------------------------------------------------
# checkpoints.log and the anchors, against the roots of the growing tree


class Checkpoints:
    """Compares every line of checkpoints.log and every anchor with the log, while it is read from its beginning."""

    def __init__(self, log: Log, findings: Findings, chain: KeyChain, anchors: Sequence[Anchor]) -> None:
        self.lines = 0
        self.anchored: Optional[int] = None
        self.confirmed = 0  # so many entries, from the first on, have a root that the log's key signed
        self._log = log
        self._findings = findings
        self._chain = chain
        self._anchors = sorted(anchors, key=lambda anchor: anchor.checkpoint.size)
        self._last: Optional[Checkpoint] = None
        self._earlier: Set[int] = set()  # sizes of lines that a key may have signed that nobody knows
        self._signed = self._signed_lines()
        self._next = next(self._signed, None)
        if self._next is not None and self._next[1].size:
            message = "the first line is not the checkpoint of the empty log"
            self._say("checkpoint-log-mismatch", message, self._next[0])

    def _say(self, code: str, message: str, offset: Optional[int] = None) -> None:
        self._findings.add(code, message, file="checkpoints.log", offset=offset)

    def _signed_lines(self) -> Iterator[Tuple[int, Checkpoint]]:
        """Offset and checkpoint of the lines that are in order and signed by the log's key."""
        before = -1
        known = False
        for offset, line in self._readable_lines():
            self.lines += 1
            if line.size <= before:
                self._say("checkpoint-log-damaged", f"expected a size above {before}, found {line.size}", offset)
                continue
            before = line.size
            if line.size > self._log.size:
                message = f"a checkpoint of size {line.size} was signed, and this log ends at {self._log.size}"
                self._say("rolled-back", message, offset)
                continue
            fault = self._chain.fault_of(line)
            known = known or not fault
            if not fault:
                yield offset, line
            elif self._log.last_missing >= 0 and not known and self._chain.may_have_signed_earlier(line):
                # A change of key may be among what is missing; the root is compared all the same.
                self._earlier.add(line.size)
                yield offset, line
            else:
                self._say("checkpoint-log-damaged", fault, offset)

    def _readable_lines(self) -> Iterator[Tuple[int, Checkpoint]]:
        if not self._log.files.has("checkpoints.log"):
            self._say("checkpoint-log-mismatch", "it is not there")
            return
        offset = 0
        try:
            for offset, line in self._log.files.lines("checkpoints.log"):
                yield offset, parse_checkpoint(parse_log_line(line))
        except Malformed as reason:  # where the next line begins is not certain any more
            self._say("checkpoint-log-damaged", str(reason), offset)

    def compare(self, start: int, tree: GrowingTree, hashes: Sequence[bytes]) -> None:
        """What speaks of a size up to the end of these leaves, which begin at `start`, with the root at that size."""
        end = start + len(hashes)

        def root_at(size: int) -> Optional[bytes]:
            return tree.root(hashes[: size - start]) if size >= start else None

        while self._next is not None and self._next[1].size <= end:
            offset, self._last = self._next
            root = root_at(self._last.size)
            if root is not None and root != self._last.root:
                message = f"another root for the first {self._last.size} entries than the log has"
                self._say("checkpoint-log-mismatch", message, offset)
            elif root is not None and self._last.size not in self._earlier:
                self.confirmed = self._last.size
            self._next = next(self._signed, None)
        while self._anchors and self._anchors[0].checkpoint.size <= end:
            anchor = self._anchors.pop(0)
            if self._is_of_this_log(anchor):
                self._compare_anchor(anchor, root_at(anchor.checkpoint.size))

    def _compare_anchor(self, anchor: Anchor, root: Optional[bytes]) -> None:
        size = anchor.checkpoint.size
        if root is None:
            message = f"of the first {size} entries so much is missing that it cannot be compared"
            self._findings.add("anchor-not-compared", message, file=anchor.name)
        elif root != anchor.checkpoint.root:
            message = f"the first {size} entries are others than those that it was signed for"
            self._findings.add("anchor-mismatch", message, file=anchor.name)
        elif size:  # an anchor of the empty log holds no entry in its place
            self.confirmed = max(size, self.confirmed)
            self.anchored = size

    def _is_of_this_log(self, anchor: Anchor) -> bool:
        fault = self._chain.fault_of(anchor.checkpoint)
        if fault:
            self._findings.add("foreign-anchor", f"an anchor of another log: {fault}", file=anchor.name)
        return not fault

    def finish(self, checkpoint: Checkpoint) -> None:
        """After the last leaf: nothing may speak of a later size, and the log of checkpoints ends with this one."""
        while self._next is not None:  # those whose root could not be computed
            self._last = self._next[1]
            self._next = next(self._signed, None)
        if self._last is None or self._last.text != checkpoint.text:
            self._say("checkpoint-log-mismatch", "its last line is not the checkpoint of the bundle")
        for anchor in self._anchors:
            size = anchor.checkpoint.size
            if not self._is_of_this_log(anchor):
                continue
            if size > self._log.size:
                message = f"it was signed for {size} entries, and this log ends at {self._log.size}"
                self._findings.add("rolled-back", message, file=anchor.name)
            else:
                self._compare_anchor(anchor, None)


# --------------------------------------------------------------------------------------------------------------------
# Entries that the tree confirms, with what belongs to them: payload, policy document, proof


class Prunes:
    """The prune entries of a log: a first look at all of it, because they account for what was recorded before them."""

    def __init__(self, log: Log) -> None:
        found = [
            (index, fields["before"])
            for index, fields, _, _ in log.entries_of("prune")
            if is_date(fields.get("before"))
        ]
        self._indexes = [index for index, _ in found]
        #: For each, the latest date that it or one after it gives.
        self._before = list(accumulate((before for _, before in reversed(found)), max))[::-1]

    def account_for(self, index: int, date: str) -> bool:
        later = bisect_right(self._indexes, index)
        return later < len(self._indexes) and date < self._before[later]


class EntryCheck:
    """Judges entries one by one, in order, and keeps what they say together in `story` and `tally`."""

    def __init__(self, log: Log, findings: Findings, checkpoint: Checkpoint, note: bytes, coverage: Optional[Coverage]):
        self.checked = 0
        self.story = Story(findings, coverage.selection if coverage else None)
        self.tally = Tally()
        self._files = log.files
        self._last_missing = log.last_missing
        self._findings = findings
        self._checkpoint = checkpoint
        self._note = note
        self._selected = coverage.selected if coverage else ((0, log.size - 1),)
        self._budget = MAX_PAYLOAD  # bytes of bodies that were altered: they may be bombs, and thousands of them
        self._prunes = Prunes(log)

    def selects(self, index: int) -> bool:
        return range_with(self._selected, index) is not None

    def take(self, index: int, entry: bytes, file: str, offset: int) -> None:
        self.checked += 1

        def say(code: str, message: str) -> None:
            self._findings.add(code, message, entry=index, file=file, offset=offset)

        try:
            fields = parse_entry(entry)
            check_fields(fields)
        except Malformed as reason:
            say("malformed-entry", str(reason))
            self.story.skip()
            return
        kind = fields["type"]
        if fields["index"] != index:
            say("index-mismatch", f"the entry says that it is {fields['index']}")
        if kind not in TYPES:
            say("unknown-entry-type", "a type of entry that this program does not know")
        if kind == "policy":
            self._check_policy(index, fields, say)
        self.story.take(index, fields, say)
        if self.selects(index):
            self.tally.take(index, fields, self._payload_state(index, fields))
        if kind in QUOTED or (self._selected and index in (self._selected[0][0], self._selected[-1][1])):
            self._check_proof(index, entry)

    def _check_policy(self, index: int, fields: Dict[str, Any], say: Callable[[str, str], None]) -> None:
        """The digest in the entry, and the copy of the document in a file of its own."""
        digest = policy_digest(fields.get("document"))
        if digest != fields.get("digest"):
            say("policy-digest-mismatch", "the digest is not that of the document")
            return
        path = f"policy/{digest[7:]}.json"
        if not self._files.has(path):
            self._findings.add("missing-file", "the policy is not there", entry=index, file=path)
            return
        try:
            if hashlib.sha256(self._files.read(path, MAX_POLICY)).hexdigest() == digest[7:]:
                return
            reason = "not the document that its name says"
        except Malformed as error:
            reason = str(error)
        self._findings.add("policy-digest-mismatch", reason, entry=index, file=path)

    def _payload_state(self, index: int, fields: Dict[str, Any]) -> Optional[str]:
        """What became of the body: present, pruned, missing or none; None for entries that never have one."""
        if fields["type"] not in EXCHANGE:
            return None
        if fields.get("payload") is None:
            return "none"
        name, date, commitment = parse_payload(fields["payload"])
        pruned = self._prunes.account_for(index, date)
        if not self._files.has(name):
            # What accounts for it may be among the bundles that are missing.
            code = "payload-missing"
            message = "no prune entry accounts for it"
            if self._last_missing * WIDTH > index:
                code, message = "payload-unaccounted", message + ", as far as they are here"
            if not pruned:
                self._findings.add(code, message, entry=index, file=name)
            return "pruned" if pruned else "missing"
        if pruned:
            self._findings.add("prune-unfinished", "a prune entry says that it was deleted", entry=index, file=name)
        self._check_body(index, name, commitment)
        return "present"

    def _check_body(self, index: int, name: str, commitment: str) -> None:
        size = self._files.size(name)
        if self._budget < 0 and size > SMALL:
            self._files.unused.discard(name)
            message = "large, and not looked at after so many others that were altered"
            self._findings.add("payload-unchecked", message, entry=index, file=name)
            return
        try:
            if payload_commitment(self._files, name) == commitment:
                return
            reason = "not what the entry committed to"
        except Malformed as error:
            reason = str(error)
        self._budget -= min(size, MAX_PAYLOAD)
        self._findings.add("payload-altered", reason, entry=index, file=name)

    def _check_proof(self, index: int, entry: bytes) -> None:
        path = f"proofs/{index}.tlog-proof"
        if not self._files.has(path):
            self._findings.add("missing-file", "the proof for this entry is not there", entry=index, file=path)
            return
        try:
            self._verify_proof(self._files.read(path, 4 * MAX_NOTE), index, entry)
        except Malformed as reason:
            self._findings.add("proof-mismatch", str(reason), entry=index, file=path)

    def _verify_proof(self, data: bytes, index: int, entry: bytes) -> None:
        if not data.endswith(b"\n\n" + self._note):
            raise Malformed("it does not end with the checkpoint of the bundle")
        lines = data[: -len(self._note) - 2].decode("ascii", "replace").split("\n")
        extra = "extra " + base64.b64encode(entry).decode("ascii")
        if lines[:3] != ["c2sp.org/tlog-proof@v1", extra, f"index {index}"]:
            raise Malformed("it is not about this entry")
        proof = [decode_base64(line, HASH) for line in lines[3:]]
        if inclusion_root(leaf_hash(entry), index, self._checkpoint.size, proof) != self._checkpoint.root:
            raise Malformed("it does not lead to the root of the checkpoint")

    def finish(self, log: Log, live: bool) -> List[Dict[str, Any]]:
        """What only the whole can show. Gives the exchanges that were under way when the bundle was made."""
        classify_strays(self.story, log, self._findings)
        in_flight = []
        for index, identity, current in self.story.open_intents():
            if not self.selects(index):
                continue
            if live and current:
                in_flight.append({"id": identity, "index": index})
                continue
            self.tally.unknown.append({"id": identity, "index": index})
            message = "the log ends without an outcome of this, and nobody was writing it"
            self._findings.add("unknown-outcome", message, entry=index, file=log.bundle_path(index // WIDTH))
        self.tally.unknown.sort(key=lambda item: int(item["index"]))
        return in_flight


def check_fields(fields: Dict[str, Any]) -> None:
    """What the type of an entry asks for beyond the four fields that all have. Raises `Malformed`."""
    moment(fields["time"])
    kind = fields["type"]
    if kind == "outcome" and fields.get("state") not in ("sent", "not_sent", "unknown"):
        raise Malformed("expected `state` to be sent, not_sent or unknown")
    if kind == "prune" and not is_date(fields.get("before")):
        raise Malformed("expected a date in `before`")
    if kind == "approval":
        check_approval(fields)
    elif kind == "policy" and "previous" in fields:
        check_digest(fields, "previous")
    elif kind == "policy-refused":
        check_policy_refused(fields)
    if kind in EXCHANGE and fields.get("payload") is not None:
        parse_payload(fields["payload"])


def check_approval(fields: Dict[str, Any]) -> None:
    """Raises `Malformed` unless it says who approved which names, and why."""
    for name in ("by", "operator", "reason"):
        if not isinstance(fields.get(name), str) or not fields[name]:
            raise Malformed(f"expected a text in `{name}`")
    names = fields.get("names")
    if not isinstance(names, dict) or not names or not NAME_KINDS.issuperset(names):
        raise Malformed("expected names by their kind in `names`")
    for group in names.values():
        if not isinstance(group, list) or not group or not all(isinstance(name, str) and name for name in group):
            raise Malformed("expected a list of texts for each kind in `names`")


def check_digest(fields: Dict[str, Any], name: str) -> None:
    """Raises `Malformed` unless there is a digest at `name`."""
    value = fields.get(name)
    if not isinstance(value, str) or DIGEST.fullmatch(value) is None:
        raise Malformed(f"expected a digest in `{name}`")


def check_policy_refused(fields: Dict[str, Any]) -> None:
    """Raises `Malformed` unless it says which policy stayed in force, why, and what was read."""
    check_digest(fields, "in_force")
    if not isinstance(fields.get("reason"), str) or not fields["reason"]:
        raise Malformed("expected a text in `reason`")
    files = fields.get("files")
    if not isinstance(files, list):
        raise Malformed("expected a list in `files`")
    for file in files:
        if not isinstance(file, dict) or set(file) != {"name", "digest"} or not isinstance(file["name"], str):
            raise Malformed("expected `name` and `digest` of each of the `files`")
        if file["digest"] is not None:
            check_digest(file, "digest")


def classify_strays(story: Story, log: Log, findings: Findings) -> None:
    """A second look at the log for outcomes that should not be; in a sound log there are none."""
    refused = set(story.refused_ids)
    wanted = {short for short in story.outcome_ids if short in refused}
    wanted.update(short_id(identity) for identity, _ in story.stray_outcomes.values())
    if not wanted:
        return
    refusals: Set[str] = set()
    outcomes: List[Tuple[int, str, str, int]] = []
    for index, fields, file, offset in log.entries_of("outcome", "refusal"):
        if short_id(fields["id"]) in wanted and fields["type"] == "refusal":
            refusals.add(fields["id"])
        elif short_id(fields["id"]) in wanted:
            outcomes.append((index, fields["id"], file, offset))
    seen: Set[str] = set()
    for index, identity, file, offset in outcomes:
        if identity in refusals:
            if identity not in seen:
                message = "an outcome of something that was refused"
                findings.add("refusal-sent", message, entry=index, file=file, offset=offset)
        elif index in story.stray_outcomes and identity in seen:
            message = "a second outcome of the same intent"
            findings.add("second-outcome", message, entry=index, file=file, offset=offset)
        elif index in story.stray_outcomes and not story.stray_outcomes[index][1]:  # else it may be in what is not here
            message = "no intent is open with this id"
            findings.add("outcome-without-intent", message, entry=index, file=file, offset=offset)
        seen.add(identity)


def policy_digest(document: Any) -> str:
    try:
        data = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    except (ValueError, RecursionError):
        return ""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def parse_payload(payload: Any) -> Tuple[str, str, str]:
    """The file of the bundle, its date and the commitment."""
    if not isinstance(payload, dict) or len(payload) != 2 or not isinstance(payload.get("file"), str):
        raise Malformed("expected `payload` to be null or to name a file")
    match = PAYLOAD_FILE.fullmatch(payload["file"])
    commitment = payload.get("commitment")
    if not match or not isinstance(commitment, str) or not DIGEST.fullmatch(commitment):
        raise Malformed("expected `payload` to have a file <date>/<name> and a commitment sha256:<hex>")
    name = payload["file"]
    return "payloads/" + (name[: -len(".zst")] if name.endswith(".zst") else name), match.group(1), commitment


def payload_commitment(files: Files, name: str) -> str:
    """Of `{"body":<JSON>,"salt":"<64 hex digits>"}`, exactly so. Raises `Malformed`. What goes before the body into the
    hash stands behind it, so a large file is read twice."""
    size = files.size(name)
    if size > MAX_PAYLOAD:
        raise Malformed(f"more than {MAX_PAYLOAD} bytes")
    small = [files.read(name, SMALL)] if size <= SMALL else None
    head, tail, length = b"", b"", 0
    for piece in small or files.pieces(name, size):
        head, tail, length = (head + piece[:8])[:8], (tail + piece[-75:])[-75:], length + len(piece)
    salt = re.fullmatch(rb',"salt":"([0-9a-f]{64})"\}', tail)
    if head != b'{"body":' or not salt or length < 84:
        raise Malformed("not a payload file")
    digest, position = hashlib.sha256(bytes.fromhex(salt.group(1).decode("ascii"))), 0
    for piece in small or files.pieces(name, size):
        digest.update(memoryview(piece)[max(8 - position, 0) : max(length - 75 - position, 0)])
        position += len(piece)
    return "sha256:" + digest.hexdigest()


# --------------------------------------------------------------------------------------------------------------------
# The tree, from the entries up to the signed root


class TreeWalk:
    """Goes through the log once. Each bundle is compared with its tile, each tile with the one above, the root with the
    checkpoint; entries that the tree confirms go to `entries`, every root on the way to `checkpoints`."""

    def __init__(self, log: Log, findings: Findings, checkpoint: Checkpoint, checkpoints: Checkpoints) -> None:
        self._log = log
        self._findings = findings
        self._checkpoint = checkpoint
        self._checkpoints = checkpoints
        self._tree = GrowingTree(self._replaced)
        self._read_to = 0  # follows the last entry that was read
        self._rows: List[List[Optional[bytes]]] = []  # of level 1 and up: hashes that the tile has to have
        self._numbers: List[int] = []  # of those tiles

    def run(self, entries: EntryCheck, progress: Callable[[int, int], None]) -> None:
        log, tree, checkpoints = self._log, self._tree, self._checkpoints
        rest: Sequence[bytes] = ()
        unread = 0
        checkpoints.compare(0, tree, ())
        for number in log.bundles:
            if unread > MAX_MISSING:
                self._give_up(number)
                return
            hashes = self._leaves(number, entries)
            unread += hashes is None
            if hashes is not None:
                checkpoints.compare(number * WIDTH, tree, hashes)
            if log.width(number) == WIDTH:
                self._append(number, hashes)
            elif hashes is None:
                tree.append(None)
            else:
                rest = hashes
            progress(min(log.size, (number + 1) * WIDTH), log.size)
        for level, row in enumerate(self._rows, 1):
            if row:
                self._compare_tile(level, row)
        root = tree.root(rest)
        if root is None:
            self._report_unconfirmed(0, self._read_to)
        elif root != self._checkpoint.root:
            self._findings.add("root-mismatch", "the log has another root than the checkpoint says", file="checkpoint")

    def _append(self, number: int, hashes: Optional[Sequence[bytes]]) -> None:
        """A full tile; what the tile above says of it, when nothing else is there."""
        value = self._log.stored(1, number) if hashes is None else subtree(hashes)
        self._tree.append(value)
        self._push(value)
        if hashes is None:
            self._checkpoints.compare((number + 1) * WIDTH, self._tree, ())

    def _give_up(self, number: int) -> None:
        """So much is missing that going on would take as long as somebody wants who signs a large number."""
        first = number * WIDTH
        self._findings.add("missing-bundle", f"so much is missing that nothing from entry {first} on was read")
        self._report_unconfirmed(0, self._read_to)
        if self._log.present and self._log.present[-1] >= number:
            message = f"there are entries behind {first}, which were not read"
            self._findings.add("unconfirmed-entries", message, entry=first)

    def _replaced(self, level: int, number: int) -> Optional[bytes]:
        """The hash of a subtree in which something is unknown, from a tile further up. It says nothing about what is
        known of that subtree, so that is confirmed no more."""
        value = self._log.stored(level, number)
        if value is not None:
            self._report_unconfirmed(number << 8 * level, min(self._read_to, (number + 1) << 8 * level))
        return value

    def _report_unconfirmed(self, start: int, end: int) -> None:
        start = max(start, self._checkpoints.confirmed)
        if start < end:
            message = f"nothing signed confirms what is there of the entries {start} to {end - 1}: hashes are missing"
            self._findings.add("unconfirmed-entries", message, entry=start)

    def _leaves(self, number: int, check: EntryCheck) -> Optional[Sequence[bytes]]:
        """The leaf hashes of a bundle: those of the tile, unless the tree above confirms those of the entries."""
        width, path = self._log.width(number), self._log.bundle_path(number)
        tile = self._log.tile(0, number)
        entries, offsets = self._log.entries(number)
        if entries:
            self._read_to = number * WIDTH + len(entries)
        computed = tuple(map(leaf_hash, entries))
        hashes: Optional[Sequence[bytes]] = tile
        if len(computed) == width and computed != tile and (tile is None or self._confirms(computed, number)):
            hashes = computed
            if tile is not None:
                first = next(i for i in range(width) if tile[i] != computed[i])
                index = number * WIDTH + first
                message = f"not the hash of entry {index}, which the tree above confirms"
                file = tile_path(0, number, width)
                self._findings.add("tile-mismatch", message, entry=index, file=file, offset=first * HASH)
        told = False
        for position, (entry, offset) in enumerate(zip(entries, offsets)):
            index = number * WIDTH + position
            if hashes is None or computed[position] == hashes[position]:
                check.take(index, entry, path, offset)
                continue
            if not told:
                message = "the entry is not the one that the tree holds"
                self._findings.add("bundle-mismatch", message, entry=index, file=path, offset=offset)
            told = True
            check.story.skip()
        if len(entries) < width:
            check.story.skip()
        return hashes

    def _confirms(self, hashes: Sequence[bytes], number: int) -> bool:
        if len(hashes) == WIDTH:
            return subtree(hashes) == self._log.stored(1, number)
        return self._tree.root(hashes) == self._checkpoint.root

    def _push(self, value: Optional[bytes]) -> None:
        """The hash of a full tile goes into the row above it; a row that is full is compared and goes up in turn."""
        level = 0
        while True:
            if len(self._rows) == level:
                self._rows.append([])
                self._numbers.append(0)
            row = self._rows[level]
            row.append(value)
            if len(row) < WIDTH:
                return
            self._compare_tile(level + 1, row)
            below = self._numbers[level] * WIDTH
            stored = [item or self._log.stored(level + 1, below + place) for place, item in enumerate(row)]
            known = [item for item in stored if item is not None]
            value = subtree(known) if len(known) == WIDTH else None
            self._rows[level] = []
            self._numbers[level] += 1
            level += 1

    def _compare_tile(self, level: int, row: Sequence[Optional[bytes]]) -> None:
        number = self._numbers[level - 1]
        for position, (stored, below) in enumerate(zip(self._log.tile(level, number) or (), row)):
            if below is not None and stored != below:
                path = tile_path(level, number, self._log.width(number, level))
                message = f"it says otherwise than {tile_path(level - 1, number * WIDTH + position, WIDTH)} below it"
                self._findings.add("tile-mismatch", message, file=path, offset=position * HASH)
                return


# --------------------------------------------------------------------------------------------------------------------
# coverage.json and the copies of contracts, against the entries


def check_contracts(files: Files, findings: Findings, claimed: Any, contracts: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The files of each contract that an `open` entry names. Gives what coverage.json has to say about them."""
    with_files = [item.get("digest") for item in claimed if isinstance(item, dict) and item.get("files") is True]
    result = []
    for digest, name in sorted(contracts.items()):
        prefix = f"contract/{digest[7:]}/"
        names = sorted(file for file in files.names() if file.startswith(prefix)) if DIGEST.fullmatch(digest) else []
        result.append({"contract": name, "digest": digest, "files": bool(names)})
        if not names:
            if digest in with_files:
                findings.add("missing-file", "the files of the contract are not there", file=prefix)
            continue
        try:
            found = contract_digest(files, prefix, names)
            reason = "" if found == digest else "not the files that the proxy worked with"
        except Malformed as error:
            reason = str(error)
        if reason:
            findings.add("contract-altered", reason, file=prefix)
    return result


def contract_digest(files: Files, prefix: str, names: Sequence[str]) -> str:
    if sum(files.size(name) for name in names) > MAX_CONTRACT:
        raise Malformed(f"more than {MAX_CONTRACT} bytes")
    digest = hashlib.sha256()
    for name in names:
        for part in (name[len(prefix) :].encode("utf-8", "surrogateescape"), files.read(name, MAX_CONTRACT)):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return "sha256:" + digest.hexdigest()


def expected_coverage(
    log: Log,
    checkpoint: Checkpoint,
    check: EntryCheck,
    in_flight: List[Dict[str, Any]],
    contracts: List[Dict[str, Any]],
) -> Dict[str, Any]:
    """What coverage.json has to say, but for what only its maker knows: selection, extent, damage, live."""
    story, tally = check.story, check.tally
    ends = [log.entry(index).get("time") for index in (0, log.size - 1)] if log.size else []
    return {
        "contracts": contracts,
        "counts": {"actions": tally.actions, "endpoints": tally.endpoints, "types": tally.types},
        "downtime": story.downtime,
        "heartbeat_gaps": story.heartbeat_gaps,
        "in_flight": in_flight,
        "key_changes": story.key_changes,
        "origin": checkpoint.origin,
        "payloads": tally.payloads,
        "policies": story.policies,
        "prunes": story.prunes,
        "recovered": story.recovered,
        "root": base64.b64encode(checkpoint.root).decode("ascii"),
        "runs": story.runs,
        "size": log.size,
        "time": {"first": ends[0], "last": ends[1]} if ends else None,
        "unknown_outcomes": tally.unknown,
    }


def check_coverage(log: Log, findings: Findings, coverage: Coverage, story: Story, expected: Dict[str, Any]) -> None:
    def say(message: str) -> None:
        findings.add("coverage-mismatch", message, file="coverage.json")

    for name, value in expected.items():
        if name not in coverage.document or canonical(coverage.document[name]) != canonical(value):
            say(f"`{name}` is not what the entries say")
    if coverage.selection is None:
        everything = ((0, log.size - 1),) if log.size else ()
        if not coverage.included == coverage.selected == everything:
            say("`entries` is not the whole log, and `selection` says that nothing was selected")
        return
    selected = selected_ranges(log, story)
    if selected != [list(pair) for pair in coverage.selected]:
        say("`entries.selected` is not what the selection gives")
    if selected:
        # The entries around a selection show that it ends where it says.
        around = (max(selected[0][0] - 1, 0), min(selected[-1][1] + 1, log.size - 1))
        bundles = range(max(story.first - 1, 0) // WIDTH, min(story.last + 1, log.size - 1) // WIDTH + 1)
        if not all(log.includes(number) for number in [*bundles, around[0] // WIDTH, around[1] // WIDTH]):
            say("`entries.included` leaves out entries that the selection covers, or those around them")


def check_damage(findings: Findings, damage: Any) -> None:
    """What the exporter's own verifier said of the log, of which not all need be in the bundle: no better than that."""
    if damage is None:
        return
    problems = damage.get("problems") if isinstance(damage, dict) else None
    codes = {
        str(item.get("code")) for item in (problems if isinstance(problems, list) else []) if isinstance(item, dict)
    }
    message = f"when it was exported the log was found to have: {', '.join(sorted(codes)) or 'problems'}"
    tampered = isinstance(damage, dict) and damage.get("verdict") == TAMPERED
    findings.add("tampered-at-export" if tampered else "damaged-at-export", message, file="coverage.json")


def selected_ranges(log: Log, story: Story) -> List[List[int]]:
    """From the first entry of the time asked for to the last, and the other half of each exchange that has one half
    among them."""
    if story.first < 0:
        return []
    open_intents: Dict[str, int] = {}
    before: List[int] = []
    after: List[int] = []
    for index, fields, _, _ in log.entries_of("intent", "outcome"):
        if fields["type"] == "intent":
            open_intents[fields["id"]] = index
            continue
        intent = open_intents.pop(fields["id"], None)
        if intent is not None and intent < story.first <= index <= story.last:
            before.append(intent)
        elif intent is not None and story.first <= intent <= story.last < index:
            after.append(index)
    return ranges(one_after_the_other(sorted(before), range(story.first, story.last + 1), after))


def check_frame(files: Files, findings: Findings) -> Optional[bool]:
    """README.txt and verify.py are no evidence; they may be missing. Gives whether the verify.py is this program."""
    found: Dict[str, bytes] = {}
    for name in ("README.txt", "verify.py"):
        try:
            if files.has(name):
                found[name] = files.read(name, MAX_FRAME)
        except Malformed as reason:
            findings.add("missing-file", str(reason), file=name)
    if "verify.py" not in found:
        return None
    try:
        return Path(__file__).read_bytes() == found["verify.py"]
    except OSError:
        return None


def check_surplus(files: Files, findings: Findings, *, missing: bool) -> None:
    """Files that no entry accounts for; those that one of a missing bundle could account for are not judged."""
    for name in sorted(files.unused):
        if missing and name.startswith(("payloads/", "policy/", "contract/", "proofs/")):
            continue
        if name.startswith("payloads/") and PAYLOAD_FILE.fullmatch(name[len("payloads/") :]):
            findings.add("surplus-payload", "no selected entry names it", file=name)
        else:
            findings.add("surplus-file", "it does not belong to a bundle", file=name)


def is_date(value: Any) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return False
    year, month, day = int(value[:4]), int(value[5:7]), int(value[8:])
    return year > 0 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def ranges(indexes: Iterable[int]) -> List[List[int]]:
    result: List[List[int]] = []
    for index in indexes:
        if result and result[-1][1] + 1 == index:
            result[-1][1] = index
        else:
            result.append([index, index])
    return result


# --------------------------------------------------------------------------------------------------------------------
# The check of a whole bundle


class Result(NamedTuple):
    findings: Findings
    checkpoint: Optional[Checkpoint] = None
    keys: Tuple[str, ...] = ()
    key: Optional[Key] = None
    key_given: bool = False
    anchors: int = 0
    anchored_size: Optional[int] = None
    checkpoints: int = 0
    entries: int = 0
    in_flight: int = 0
    payloads: Dict[str, int] = {}  # noqa: RUF012 - never written to
    coverage: Optional[Coverage] = None
    same_program: Optional[bool] = None

    @property
    def verdict(self) -> str:
        return self.findings.verdict(self.anchored_size is not None)


def nothing(done: int, of: int) -> None:
    """No progress is shown."""


def check_bundle(
    files: Files, vkey: Optional[Key], anchors: Sequence[Anchor], progress: Callable[[int, int], None] = nothing
) -> Result:
    """Checks all of a bundle. `progress` is told entries done and entries in all."""
    findings = Findings()
    for name, reason in files.faults:
        findings.add("surplus-file", reason, file=name)
    own_key = read_own_key(files, findings, vkey)
    key = vkey or own_key
    note, checkpoint = read_checkpoint(files, findings)
    result = Result(findings, checkpoint, key=key, key_given=vkey is not None, anchors=len(anchors))
    if checkpoint is None or key is None:
        return result
    chain = read_chain(Log(files, findings, checkpoint.size, None), findings, key, checkpoint.origin)
    if not check_keys(findings, chain, checkpoint, own_key):
        return result  # nothing else in there says anything: neither its size nor its root
    coverage = read_coverage(files, findings, checkpoint.size)
    log = Log(files, findings, checkpoint.size, coverage)
    checkpoints = Checkpoints(log, findings, chain, anchors)
    entries = EntryCheck(log, findings, checkpoint, note, coverage)
    TreeWalk(log, findings, checkpoint, checkpoints).run(entries, progress)
    checkpoints.finish(checkpoint)
    document = coverage.document if coverage else {}
    in_flight = entries.finish(log, document.get("live") is True)
    claimed = document.get("contracts")
    contracts = check_contracts(files, findings, claimed if isinstance(claimed, list) else [], entries.story.contracts)
    check_damage(findings, document.get("damage"))
    if coverage is not None and not BLINDING.intersection(findings.counts):
        expected = expected_coverage(log, checkpoint, entries, in_flight, contracts)
        check_coverage(log, findings, coverage, entries.story, expected)
    same_program = check_frame(files, findings)
    check_surplus(files, findings, missing=log.last_missing >= 0)
    return result._replace(
        same_program=same_program,
        keys=chain.keys,
        anchored_size=checkpoints.anchored,
        checkpoints=checkpoints.lines,
        entries=entries.checked,
        in_flight=len(in_flight),
        payloads=entries.tally.payloads,
        coverage=coverage,
    )


def read_own_key(files: Files, findings: Findings, vkey: Optional[Key]) -> Optional[Key]:
    if not files.has("trail.vkey"):
        if vkey is None and files.has("checkpoint"):
            raise Unusable("there is no trail.vkey; give the log's public key with --vkey")
        findings.add("missing-file", "the bundle does not name its key", file="trail.vkey")
        return None
    try:
        line = files.read("trail.vkey", MAX_NOTE).decode("utf-8")
        return parse_vkey(line[:-1] if line.endswith("\n") else line)
    except (Malformed, UnicodeDecodeError) as reason:
        findings.add("bad-signature", f"not a public key: {reason}", file="trail.vkey")
        return None


def read_checkpoint(files: Files, findings: Findings) -> Tuple[bytes, Optional[Checkpoint]]:
    if not files.has("checkpoint"):
        findings.add("no-checkpoint", "every log has a checkpoint; this one was deleted", file="checkpoint")
        return b"", None
    try:
        note = files.read("checkpoint", MAX_NOTE)
        return note, parse_checkpoint(note)
    except Malformed as reason:
        findings.add("malformed-checkpoint", str(reason), file="checkpoint")
        return b"", None


def read_coverage(files: Files, findings: Findings, size: int) -> Optional[Coverage]:
    if not files.has("coverage.json"):
        findings.add("missing-file", "nothing says what this bundle covers", file="coverage.json")
        return None
    try:
        return parse_coverage(files.read("coverage.json", MAX_COVERAGE), size)
    except Malformed as reason:
        findings.add("coverage-mismatch", str(reason), file="coverage.json")
        return None


def read_chain(log: Log, findings: Findings, trusted: Key, origin: str) -> KeyChain:
    """A first look at all entries for changes of key: they say which key signed what came before them."""
    changes: List[KeyChange] = []
    past: Set[str] = set()
    for index, fields, file, offset in log.entries_of("key-change"):
        try:
            change = parse_key_change(index, fields, origin)
            fault = "a key that was in force before" if change.new.vkey in past | {change.old.vkey} else ""
            if changes and changes[-1].new.vkey != change.old.vkey:
                fault = "the old key is not the one in force"
        except Malformed as reason:
            fault = str(reason)
        if fault:
            findings.add("key-change-invalid", fault, entry=index, file=file, offset=offset)
        else:
            past.add(change.old.vkey)
            changes.append(change)
    return KeyChain(trusted, changes)


def check_keys(findings: Findings, chain: KeyChain, checkpoint: Checkpoint, own_key: Optional[Key]) -> bool:
    """Gives whether the checkpoint is signed by a key that the trusted one leads to."""
    if not chain.holds_trusted:
        message = "the key that was given is none of those that signed this log"
        findings.add("bad-signature", message, file="checkpoint")
    fault = chain.fault_of(checkpoint)
    if fault:
        findings.add("bad-signature", fault, file="checkpoint")
    if own_key is not None and own_key.vkey != chain.key_for(checkpoint.size).vkey:
        findings.add("bad-signature", "another key than the one that signs this log", file="trail.vkey")
    return chain.holds_trusted and not fault


# --------------------------------------------------------------------------------------------------------------------
# The command line


def printable(text: str) -> str:
    """Names come out of the bundle: nothing in them may steer a terminal."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode("ascii") for c in text
    )


def as_json(result: Result) -> Dict[str, Any]:
    checkpoint, key = result.checkpoint, result.key
    return {
        "verdict": result.verdict,
        "origin": checkpoint.origin if checkpoint else None,
        "size": checkpoint.size if checkpoint else None,
        "root": base64.b64encode(checkpoint.root).decode("ascii") if checkpoint else None,
        "problems": [problem._asdict() for problem in result.findings.problems],
        "problems_total": sum(result.findings.counts.values()),
        "anchored_size": result.anchored_size,
        "anchors": result.anchors,
        "checkpoints": result.checkpoints,
        "keys": list(result.keys),
        "key": {"vkey": key.vkey, "sha256": key.fingerprint, "given": result.key_given} if key else None,
        "entries": result.entries,
        "in_flight": result.in_flight,
        "payloads": result.payloads,
        "selection": result.coverage.document.get("selection") if result.coverage else None,
        "same_program": result.same_program,
    }


def as_text(result: Result) -> Iterator[str]:
    for problem in result.findings.problems:
        at = "" if problem.offset is None else f" at byte {problem.offset}"
        entry = "" if problem.entry is None else f" (entry {problem.entry})"
        yield f"{problem.code}: {problem.file or ''}{at}{entry}: {problem.message}"
    for code, count in sorted(result.findings.counts.items()):
        if count > LISTED:
            yield f"{code}: {count - LISTED} more"
    if result.checkpoint is not None:
        yield f"log      {result.checkpoint.origin}: {result.checkpoint.size} entries, {result.entries} checked here"
        yield f"root     {base64.b64encode(result.checkpoint.root).decode('ascii')}"
    yield from _about_key(result)
    yield from _about_extent(result)
    if result.same_program is False:
        yield "program  the verify.py in the bundle is another one than this: another version, or altered"
    if result.anchored_size is None:
        yield "anchor   none: a log that was written anew with its own key would look the same; give --anchor"
    else:
        yield f"anchor   the first {result.anchored_size} entries are those of an anchor"
    yield f"verdict  {result.verdict}"


def _about_key(result: Result) -> Iterator[str]:
    if result.key is None:
        return
    yield f"key      {result.key.vkey}"
    yield f"         SHA-256 of the public key: {result.key.fingerprint}"
    if not result.key_given:
        yield "         It came with the bundle and so proves nothing about who signed. Compare it with the owner's, or"
        yield "         give the owner's with --vkey."


def _about_extent(result: Result) -> Iterator[str]:
    if result.coverage is None:
        return
    selection = result.coverage.document.get("selection")
    if selection:
        since, until = selection["since"] or "its start", selection["until"] or "its end"
        yield f"part     of the log only: from {since} to {until}"
    counts = ", ".join(f"{count} {name}" for name, count in sorted(result.payloads.items()))
    yield f"bodies   {counts}; {result.in_flight} exchanges were under way"


def show_progress(done: int, of: int) -> None:
    print(f"\rchecked {done} of {of} entries", end="\n" if done == of else "", file=sys.stderr, flush=True)


class Parser(argparse.ArgumentParser):
    """Ends with the documented status for wrong usage."""

    def error(self, message: str) -> Any:
        self.print_usage(sys.stderr)
        self.exit(UNUSABLE, f"{self.prog}: {printable(message)}\n")


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = Parser(prog="verify.py", description="Checks an evidence bundle of beacon-audit.")
    parser.add_argument("bundle", nargs="?", metavar="ZIP|DIR", help="default: the directory that this file lies in")
    parser.add_argument("--vkey", metavar="FILE", help="the log's public key, as its owner gave it to you")
    parser.add_argument("--anchor", metavar="FILE", action="append", default=[], help="a checkpoint kept elsewhere")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        result = check_bundle(
            open_files(options.bundle or str(Path(__file__).resolve().parent)),
            read_vkey(options.vkey) if options.vkey else None,
            [anchor for path in options.anchor for anchor in read_anchors(path)],
            show_progress if sys.stderr.isatty() else nothing,
        )
    except Unusable as reason:
        return fail(str(reason))
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}")
    except Exception as error:  # noqa: BLE001 - Python would end with 1, and 1 means tampered
        return fail(f"internal error, so nothing is certain: {error!r}")
    lines = [json.dumps(as_json(result), separators=(",", ":"))] if options.json else as_text(result)
    for line in lines:
        print(printable(line).encode(sys.stdout.encoding or "ascii", "backslashreplace").decode("utf-8", "replace"))
    return EXIT_STATUS[result.verdict]


def fail(message: str) -> int:
    print(f"verify.py: {printable(message)}", file=sys.stderr)
    return UNUSABLE


def read_vkey(path: str) -> Key:
    try:
        return parse_vkey(Path(path).read_bytes().decode("utf-8").strip())
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    except (Malformed, ValueError) as reason:
        raise Unusable(f"{path}: not a vkey line: {reason}") from None


if __name__ == "__main__":
    sys.exit(main())
