"""Remembers ids in a fixed amount of memory, sometimes claiming one it never saw (a Bloom filter). Pure.

Whoever gets a "perhaps" must look again. Python's hash of a text is keyed anew in each process, so nobody can prepare
ids that all collide. Up to some ten million ids a false claim is rare; beyond that there are more second looks, and
never a wrong answer.
"""

_PROBES = 4
_BITS_PER_ID = 128
_MOST_BITS = 1 << 27
_FEWEST_BITS = 1 << 12


class IdFilter:
    """For about ``expected`` ids; takes at most 16 MiB."""

    def __init__(self, expected: int) -> None:
        wanted = min(max(expected * _BITS_PER_ID, _FEWEST_BITS), _MOST_BITS)
        self._mask = (1 << (wanted - 1).bit_length()) - 1
        self._bits = bytearray((self._mask + 1) // 8)

    def add(self, identity: str) -> None:
        bits, mask, value = self._bits, self._mask, hash(identity)
        step = (value >> 32) | 1
        for _ in range(_PROBES):
            place = value & mask
            bits[place >> 3] |= 1 << (place & 7)
            value += step

    def __contains__(self, identity: str) -> bool:
        bits, mask, value = self._bits, self._mask, hash(identity)
        step = (value >> 32) | 1
        for _ in range(_PROBES):
            place = value & mask
            if not bits[place >> 3] >> (place & 7) & 1:
                return False
            value += step
        return True
