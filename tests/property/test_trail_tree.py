"""Laws of the trail's tree, notes and files, for any sizes, bytes and damage.

The tree of RFC 6962 as it is written down is the judge: `harness.reference_tree` shares no code with the product.
"""

from collections.abc import Callable

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from beacon_audit.errors import TrailCorrupt, UsageError
from beacon_audit.trail.checkpoint import Checkpoint, decode_log_line, encode_log_line, parse_checkpoint
from beacon_audit.trail.frontier import Frontier
from beacon_audit.trail.key_change import check_key_change, key_change_fields
from beacon_audit.trail.merkle import root_of
from beacon_audit.trail.note import parse_note, parse_vkey, sign_note, signed_by
from beacon_audit.trail.proof import (
    check_consistency,
    check_inclusion,
    consistency_proof,
    format_consistency,
    format_inclusion,
    inclusion_proof,
    parse_consistency,
    parse_inclusion,
    root_at,
)
from beacon_audit.trail.tiles import TilePlace, decode_bundle, encode_bundle, parse_tile_path, split_tile, tiles_of
from harness.reference_tree import GrownTree, made_up_leaves, path, subproof, tree_hash
from harness.signers import signer

LEAVES = made_up_leaves(1_600)
#: Sizes beside the edges of tiles are where mistakes are.
sizes = st.one_of(st.integers(0, 1_600), st.sampled_from([255, 256, 257, 511, 512, 513, 1_279, 1_280, 1_281]))
texts = st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20), min_size=1, max_size=5)
roots = st.binary(min_size=32, max_size=32)
proofs = st.lists(roots, max_size=63).map(tuple)
places = st.builds(TilePlace, st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 2**63 - 1), st.integers(1, 256))


@given(sizes)
def test_root_of_a_grown_tree_is_that_of_the_definition(size: int) -> None:
    leaves = LEAVES[:size]
    grown = GrownTree(leaves)

    assert grown.frontier.root() == root_at(size, grown.tree().node) == root_of(leaves) == tree_hash(leaves)


@given(sizes)
def test_tiles_of_a_tree_hold_the_subtrees_that_their_places_mean(size: int) -> None:
    grown = GrownTree(LEAVES[:size])

    assert {place for place in tiles_of(size) if place.level is not None} == set(grown.files)
    for place, data in grown.files.items():
        assert place.level is not None
        span = 256**place.level
        starts = range(256 * place.index * span, (256 * place.index + place.width) * span, span)
        assert split_tile(data, place.width) == tuple(tree_hash(LEAVES[start : start + span]) for start in starts)


@given(sizes, st.data())
def test_a_tree_may_be_taken_up_again_anywhere(size: int, data: st.DataObject) -> None:
    stop = data.draw(st.integers(0, size))
    grown = GrownTree(LEAVES[:stop])

    frontier = Frontier.read(stop, grown.read_tile)
    files = dict(grown.files)
    for leaf in LEAVES[stop:size]:
        files.update(frontier.append(leaf))
    files.update(frontier.partial_tiles())

    whole = GrownTree(LEAVES[:size])
    assert (frontier.size, frontier.root()) == (size, whole.frontier.root())
    assert whole.files.items() <= files.items()


@given(sizes.filter(bool), st.data())
def test_inclusion_is_proved_as_defined_and_holds(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]

    proof = inclusion_proof(index, size, GrownTree(leaves).tree().node)

    assert list(proof) == path(index, leaves)
    check_inclusion(leaves[index], index, size, proof, tree_hash(leaves))


@given(sizes.filter(bool), st.data())
def test_consistency_is_proved_as_defined_and_holds(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    leaves = LEAVES[:new]

    proof = consistency_proof(old, new, GrownTree(leaves).tree().node)

    assert list(proof) == subproof(old, leaves)
    check_consistency(old, tree_hash(leaves[:old]), new, tree_hash(leaves), proof)


@given(st.integers(2, 300), st.data())
def test_no_hashes_of_the_tree_itself_prove_that_a_leaf_is_elsewhere(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    node = GrownTree(leaves).tree().node
    leaf, index = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    known = [*leaves, *(node(level, 0) for level in range(size.bit_length())), tree_hash(leaves)]
    proof = data.draw(
        st.one_of(
            st.just(inclusion_proof(leaf, size, node)),
            st.just(inclusion_proof(index, size, node)),
            st.lists(st.sampled_from(known), max_size=12),
        )
    )

    assert raises_corrupt(lambda: check_inclusion(leaves[leaf], index, size, proof, tree_hash(leaves)))


@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_histories_that_differ_are_never_consistent(old: int, new: int, data: st.DataObject) -> None:
    assume(old <= new)
    changed = data.draw(st.integers(0, old - 1))
    other = [*LEAVES[:changed], LEAVES[-1], *LEAVES[changed + 1 : new]]
    node = GrownTree(data.draw(st.sampled_from([other, LEAVES[:new]]))).tree().node

    proof = consistency_proof(old, new, node)

    assert raises_corrupt(lambda: check_consistency(old, tree_hash(LEAVES[:old]), new, tree_hash(other), proof))


@given(texts, st.data())
def test_any_changed_bit_of_a_signed_note_is_detected(lines: list[str], data: st.DataObject) -> None:
    note = sign_note("".join(f"{line}\n" for line in lines), signer()).encode()
    changed = bytearray(note)
    position = data.draw(st.integers(0, len(note) * 8 - 1))
    changed[position // 8] ^= 1 << position % 8

    assert signed_by(parse_note(note), signer().verifier)
    assert raises_corrupt(lambda: signed_by(parse_note(bytes(changed)), signer().verifier), else_false=True)


@given(st.data())
def test_any_changed_bit_of_a_key_change_is_detected(data: st.DataObject) -> None:
    fields = key_change_fields(signer(1), signer(2), "yearly")
    name = data.draw(st.sampled_from(["old", "new", "old_signature", "new_signature"]))
    value = bytearray(str(fields[name]).encode())
    position = data.draw(st.integers(0, len(value) * 7 - 1))
    value[position // 7] ^= 1 << position % 7  # what is changed stays ASCII, and so text

    assert raises_corrupt(lambda: check_key_change({**fields, name: value.decode("ascii")}))


@given(texts, st.lists(st.integers(1, 20), min_size=1, max_size=4, unique=True))
def test_a_note_encodes_to_the_bytes_it_was_read_from(lines: list[str], signers: list[int]) -> None:
    note = sign_note("".join(f"{line}\n" for line in lines), *(signer(number) for number in signers))

    assert parse_note(note.encode()) == note
    assert decode_log_line(encode_log_line(note.encode())) == note.encode()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1), st.integers(1, 2**63 - 1), roots)
def test_a_checkpoint_is_read_back(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)

    assert parse_checkpoint(checkpoint.text) == checkpoint


@given(st.integers(0, 2**63 - 1), st.one_of(st.none(), st.binary(max_size=300)), proofs, st.binary(max_size=300))
def test_proof_files_are_read_back(number: int, entry: bytes | None, proof: tuple[bytes, ...], note: bytes) -> None:
    inclusion = parse_inclusion(format_inclusion(number, entry, proof, note))
    consistency = parse_consistency(format_consistency(number, proof, note))

    assert (inclusion.index, inclusion.entry, inclusion.proof, inclusion.note) == (number, entry, proof, note)
    assert (consistency.old, consistency.proof, consistency.note) == (number, proof, note)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_is_read_back_and_only_as_what_it_is(entries: list[bytes]) -> None:
    bundle = encode_bundle(entries)

    assert decode_bundle(bundle, len(entries)) == tuple(entries)
    assert raises_corrupt(lambda: decode_bundle(bundle, len(entries) + 1))
    assert not bundle or raises_corrupt(lambda: decode_bundle(bundle[:-1], len(entries)))


@given(places)
def test_a_path_names_the_place_it_was_made_from(place: TilePlace) -> None:
    assert parse_tile_path(place.path) == place


@given(st.from_regex(r"tile/(entries|\d{1,3})/(x\d{3}/){0,3}\d{1,4}(\.p/\d{1,4})?\n?"))
def test_a_path_is_taken_in_one_spelling_only(spelling: str) -> None:
    place = parse_tile_path(spelling)

    assert place is None or place.path == spelling


_TEXT_READERS: list[Callable[[str], object]] = [
    parse_vkey,
    parse_checkpoint,
    parse_tile_path,
    lambda text: check_key_change({"old": text, "new": text, "old_signature": text, "new_signature": text}),
]
_BYTE_READERS: list[Callable[[bytes], object]] = [
    parse_note,
    decode_log_line,
    parse_inclusion,
    parse_consistency,
    lambda data: decode_bundle(data, 3),
    lambda data: split_tile(data, 3),
]
_NOTE = sign_note(Checkpoint("log.example/one", 7, bytes(32)).text, signer()).encode()
_FILES = [
    _NOTE,
    encode_log_line(_NOTE),
    format_inclusion(3, b"{}", LEAVES[:3], _NOTE),
    format_consistency(3, LEAVES[:3], _NOTE),
    encode_bundle([b"one", b"two", b"three"]),
]


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """A file of ours with a piece of it replaced by any bytes."""
    data = draw(st.sampled_from(_FILES))
    start = draw(st.integers(0, len(data)))
    return data[:start] + draw(st.binary(max_size=8)) + data[draw(st.integers(start, len(data))) :]


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=300), nearly_right()), st.sampled_from(_BYTE_READERS))
def test_any_bytes_are_read_or_called_corrupt(data: bytes, read: Callable[[bytes], object]) -> None:
    raises_corrupt(lambda: read(data))


@settings(max_examples=300)
@given(
    st.one_of(st.text(st.characters()), st.from_regex(r"[^+]*\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", fullmatch=True)),
    st.sampled_from(_TEXT_READERS),
)
def test_any_text_is_read_or_refused(text: str, read: Callable[[str], object]) -> None:
    raises_corrupt(lambda: read(text))


def raises_corrupt(check: Callable[[], object], *, else_false: bool = False) -> bool:
    """Whether ``check`` raises one of our errors, or, with ``else_false``, says no; any other error is a failure."""
    try:
        result = check()
    except (TrailCorrupt, UsageError):
        return True
    return else_false and result is False
