"""Which row and which number each draw gives: from the seed, the scenario and the draw alone.

Nothing is kept between draws, so workers, restarts and variants agree without asking each other.
"""

import hashlib
import math
from typing import Literal

Order = Literal["random", "file", "zipf"]

RANDOM_BITS = 31
"""Of `{random}`: fits the signed 32 bits of databases and languages."""

_MIXING_ROUNDS = 6
_MIX, _ZIPF, _RANDOM = b"row", b"zipf", b"random"
_EXACT_UP_TO = 64
_EULER_GAMMA = 0.5772156649015329


def row_of(seed: int, scenario: int, draw: int, count: int, order: Order) -> int:
    """The row of a draw, from 0 to `count` - 1.

    Args:
        seed: of the run.
        scenario: its index.
        draw: counted over the run, from 0.
        count: how many rows there are.
        order: as the configuration states it.
    """
    if order == "zipf":
        chance = (_hash(_ZIPF, seed, scenario, draw) + 0.5) / 2**64
        return _zipf(chance, count)
    turn, place = divmod(draw, count)
    return place if order == "file" else _shuffled(place, count, (seed, scenario, turn))


def random_of(seed: int, scenario: int, draw: int) -> int:
    """The number that `{random}` stands for in a draw."""
    return _hash(_RANDOM, seed, scenario, draw) >> (64 - RANDOM_BITS)


def _hash(stream: bytes, *numbers: int) -> int:
    """64 bits of chance."""
    text = ",".join(map(str, numbers)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, person=stream).digest())


def _shuffled(place: int, count: int, key: tuple[int, ...]) -> int:
    """The place's number in a permutation of `count`, which is never written down.

    A Feistel network permutes the cells of a table that is hardly larger; whoever lands beside the
    rows walks on (Black & Rogaway 2002, "Ciphers with arbitrary finite domains").
    """
    width = math.isqrt(count - 1) + 1
    height = -(-count // width)
    while True:
        left, right = divmod(place, width)
        for number in range(_MIXING_ROUNDS):
            if number % 2:
                left = (left + _hash(_MIX, *key, number, right)) % height
            else:
                right = (right + _hash(_MIX, *key, number, left)) % width
        place = left * width + right
        if place < count:
            return place


def _zipf(chance: float, count: int) -> int:
    """The smallest rank, from 0, up to which at least this share of draws falls."""
    wanted = chance * _harmonic(count)
    low, high = 1, count
    while low < high:
        middle = (low + high) // 2
        if _harmonic(middle) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low - 1


def _harmonic(count: int) -> float:
    """1 + 1/2 + ... + 1/count."""
    if count <= _EXACT_UP_TO:
        return math.fsum(1 / number for number in range(1, count + 1))
    return math.log(count) + _EULER_GAMMA + 1 / (2 * count) - 1 / (12 * count * count)
