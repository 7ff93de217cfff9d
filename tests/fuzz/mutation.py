"""Random changes of bytes, for where there is no fuzzer that watches what code they reach.

The same ``random.Random`` gives the same inputs.
"""

import random
from collections.abc import Iterator, Sequence

_LONGEST = 4096


def mutations(seeds: Sequence[bytes], words: Sequence[bytes], chance: random.Random) -> Iterator[bytes]:
    """``seeds``, and then without end what becomes of them."""
    yield from seeds
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 3, 8))):
            change(data, seeds, words, chance)
        yield bytes(data[:_LONGEST])


def change(data: bytearray, seeds: Sequence[bytes], words: Sequence[bytes], chance: random.Random) -> None:
    """One random change of ``data``."""
    at = chance.randint(0, len(data))
    till = min(len(data), at + chance.choice((1, 2, 4, 16, 200)))
    match chance.randrange(7):
        case 0 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            del data[at:till]
        case 2:
            data[at:at] = data[at:till] * chance.choice((1, 1, 2, 40))
        case 3:
            data[at:at] = chance.choice(words)
        case 4:
            data[at:till] = chance.choice(words)
        case 5:
            data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 8)))
        case _:
            other = chance.choice(seeds)
            start = chance.randint(0, len(other))
            data[at:] = other[start : start + 500]
