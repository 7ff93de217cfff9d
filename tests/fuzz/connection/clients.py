"""What clients say: sentences of the protocols, and what becomes of them. The same seed gives the same inputs."""

import itertools
import random
from collections.abc import Iterator

from fuzz.connection.case import Case, End, Layer
from fuzz.connection.hello import hello
from fuzz.connection.http1 import connect, http1
from fuzz.connection.http2 import http2
from fuzz.connection.pieces import WORDS, split
from fuzz.mutation import change

_LAYERS: tuple[Layer, ...] = (*("tls",) * 5, *("h2",) * 3, "plain", "tunnel")
_ENDS: tuple[End, ...] = ("wait", "wait", "wait", "wait", "half", "close", "reset")


def cases(seed: int) -> Iterator[Case]:
    """Without end. Reports among them have numbers from one million on."""
    for index in itertools.count():
        yield case(seed, index)


def case(seed: int, index: int) -> Case:
    """The input of this index."""
    chance = random.Random(f"{seed}/{index}")
    layer = chance.choice(_LAYERS)
    number = 1_000_000 + index
    match layer:
        case "h2":
            data = http2(chance, number)
        case "tunnel":
            data = hello(chance)
        case "plain":
            data = connect(chance) if chance.random() < 0.5 else http1(chance, number)
        case _:
            data = http1(chance, number)
    if chance.random() < 0.35:
        changed = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 5))):
            change(changed, [data], WORDS, chance)
        data = bytes(changed)
    if chance.random() < 0.08:
        data = data[: chance.randint(0, len(data))]
    return Case(layer, tuple(split(data, chance)), chance.choice(_ENDS), f"{seed}/{index}")
