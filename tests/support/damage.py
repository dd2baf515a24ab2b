"""Bytes spoiled at random, as a line or a hand spoils them."""

import random


def damaged(chance: random.Random, good: bytes, *, hits: int, back: int) -> bytes:
    """Up to ``hits`` bytes changed, runs cut out, or runs of ``back`` bytes said again."""
    body = bytearray(good)
    for _ in range(chance.randint(1, hits)):
        at = chance.randrange(len(body))
        match chance.randrange(3):
            case 0:
                body[at] = chance.randrange(256)
            case 1:
                del body[at : at + chance.randint(1, 40)]
            case _:
                body[at:at] = body[max(0, at - back) : at]
    return bytes(body)
