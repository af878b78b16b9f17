"""Tags to GTIN and serial per second on one core, beside epcpy on the same tags in the same run.

`epc_ratio`: every tag of a product that is not remembered, as if each were the first of its kind. `epc_cached_ratio`: many
pieces of few products, as a store has them.

Rounds alternate, so that a busy machine burdens both sides; each side's best round counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from epcpy import hex_to_tag_encodable

from protocols.gs1.epc import encode_96, gtin_and_serial, of_gtin
from protocols.gs1.gtin import with_check_digit
from tests.bench.report import report

PIECES = 10_000
"""More than products are remembered."""
PRODUCTS = 40
ROUNDS = 7
ROUND_SECONDS = 0.3


def tags(products: int) -> list[bytes]:
    """Pieces of so many products."""
    gtins = [with_check_digit(f"0952{number * 7919 % 10**9:09}") for number in range(products)]
    return [encode_96(of_gtin(gtins[number % products], str(1 + number * 104_729))) for number in range(PIECES)]


def rate(read: Callable[[], object]) -> float:
    """Tags per CPU second of one round."""
    done, begun = 0, time.process_time()
    while (took := time.process_time() - begun) < ROUND_SECONDS:
        read()
        done += PIECES
    return done / took


def ours(pieces: Sequence[bytes]) -> object:
    """The way of the daemon."""
    return [gtin_and_serial(piece, 96) for piece in pieces]


def theirs(texts: Sequence[str]) -> object:
    """epcpy, from the hexadecimal text it takes, to GTIN and serial: it tells the serial in its URI."""
    return [(epc.gtin(), epc.epc_uri.rpartition(".")[2]) for epc in map(hex_to_tag_encodable, texts)]


def compare(name: str, products: int, target: int) -> None:
    """Print one figure."""
    pieces = tags(products)
    texts = [piece.hex().upper() for piece in pieces]
    best = peer_best = 0.0
    for _ in range(ROUNDS):
        best = max(best, rate(lambda: ours(pieces)))
        peer_best = max(peer_best, rate(lambda: theirs(texts)))
    peer = f"epcpy, same run: {peer_best:.0f}/s; to beat {target}x"
    report(name, best, "tags/s", peer=peer, ratio=round(best / peer_best, 2))


def main() -> None:
    """Print the figures."""
    compare("epc_ratio", PIECES, 5)
    compare("epc_cached_ratio", PRODUCTS, 30)


if __name__ == "__main__":
    main()
