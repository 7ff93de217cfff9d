"""The pure Ed25519 of the standalone verifier: RFC 8032, strict, and the same answers as OpenSSL's."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.review.evidence.verify import ORDER, Malformed, P, PublicKey, decompress
from harness.vectors import load_vectors

VECTORS = load_vectors("ed25519.json")["vectors"]
# The points of order 1, 2, 4 and 8 in their canonical encodings (RFC 7748 section 6.1 has those of Curve25519).
SMALL_ORDER = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_signature_of_the_rfc_verifies(vector: dict[str, str]) -> None:
    key = PublicKey(bytes.fromhex(vector["public"]))
    assert key.verifies(bytes.fromhex(vector["signature"]), bytes.fromhex(vector["message"]))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_no_bit_of_a_signature_can_be_another(vector: dict[str, str]) -> None:
    key, message = PublicKey(bytes.fromhex(vector["public"])), bytes.fromhex(vector["message"])
    signature = bytes.fromhex(vector["signature"])
    for bit in range(512):
        altered = bytearray(signature)
        altered[bit // 8] ^= 1 << bit % 8
        assert not key.verifies(bytes(altered), message), bit


def test_signature_whose_scalar_is_not_reduced_is_refused() -> None:
    vector = VECTORS[1]
    signature, message = bytes.fromhex(vector["signature"]), bytes.fromhex(vector["message"])
    # S and S + L multiply the base point alike: without a bound every signature has a second form.
    larger = (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    assert not PublicKey(bytes.fromhex(vector["public"])).verifies(signature[:32] + larger, message)


@pytest.mark.parametrize("encoding", SMALL_ORDER)
def test_key_of_small_order_is_refused(encoding: str) -> None:
    with pytest.raises(Malformed, match="small order"):
        PublicKey(bytes.fromhex(encoding))


@pytest.mark.parametrize("encoding", SMALL_ORDER)
def test_key_of_small_order_would_have_let_a_forgery_pass(encoding: str) -> None:
    # R = S·B with S = 0 and any message: shows that the refusal above is what stops it.
    x, y = decompress(bytes.fromhex(encoding))
    key = object.__new__(PublicKey)
    key.data, key._negative, key._table = bytes.fromhex(encoding), (-x % P, y), None
    forged = bytes.fromhex(SMALL_ORDER[0]) + bytes(32)
    assert any(key.verifies(forged, b"message %d" % number) for number in range(64))


@pytest.mark.parametrize("y", [P, P + 1, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_encoding_above_the_field_is_refused(y: int, sign: int) -> None:
    with pytest.raises(Malformed, match="canonical"):
        decompress((y | sign << 255).to_bytes(32, "little"))


def test_negative_zero_is_refused() -> None:
    with pytest.raises(Malformed, match="canonical"):
        decompress((1 | 1 << 255).to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Malformed):
        PublicKey(bytes(length))


@pytest.mark.parametrize("length", [0, 32, 63, 65, 128])
def test_signature_of_another_length_is_refused(length: int) -> None:
    vector = VECTORS[0]
    signature = (bytes.fromhex(vector["signature"]) * 2)[:length]
    assert not PublicKey(bytes.fromhex(vector["public"])).verifies(signature, b"")


def _openssl(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=200),
    st.lists(st.tuples(st.integers(0, 95), st.integers(0, 255)), max_size=3),
)
def test_answers_are_those_of_openssl(seed: bytes, message: bytes, changes: list[tuple[int, int]]) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    both = bytearray(private.sign(message) + private.public_key().public_bytes_raw())
    for place, value in changes:
        both[place] = value
    signature, public = bytes(both[:64]), bytes(both[64:])
    try:
        ours = PublicKey(public).verifies(signature, message)
    except Malformed:
        ours = False
    assert ours == _openssl(public, signature, message)
