"""Dialog 06 (Mettler Diva and Ariva, Bizerba, Dibal, Cely): records, and the proof the scale asks of the till.

Till to scale, each after EOT:   STX 01 ESC pppppp ESC ETX          unit price
                                 STX 03 ESC pppppp ESC tttt ETX     unit price and tare, grams
                                 STX 08 ETX                         what is wrong?
                                 STX 10 ESC CCCC KKKK ETX           the proof, four hexadecimal digits each
                                 ENQ                                the result, please
Scale: ACK or NAK to a record; to ENQ
  STX 02 ESC u ESC wwwww ESC pppppp ESC iiiiii ETX   weight (u 3: grams), price, amount
  STX 09 ESC ss ETX                                  why not: `Why`
  STX 11 ESC d ETX, STX 11 ESC 2 ZZ ETX              0 proof wrong, 1 proof right, 2 prove yourself with ZZ
The proof is asked for after power-on, after an error and after 50 weighings. CS: 16 bits of the till's choice rotated left
by the first hexadecimal digit of ZZ; KW: the remainder of CS * 2^16 under a generator polynomial of degree 16, rotated right
by the second. The makers hand that polynomial out under a licence, so it is a setting here; `OWN_POLYNOMIAL` is this house's
own, for the simulated scale.

Sources: Mettler DIVA service manual 72191202 pp. 35-55; Cely PI100 p. 18.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

EOT, ENQ, ACK, NAK = b"\x04", b"\x05", b"\x06", b"\x15"
OWN_POLYNOMIAL = 0x8D95
PRICE_MAX, TARE_GRAMS_MAX = 999_999, 9_999
RECORD_BYTES_MAX = 40


class Why(enum.IntEnum):
    """Codes of record 09."""

    OK = 0
    GENERAL = 1
    PARITY = 2
    BAD_RECORD = 10
    BAD_PRICE = 11
    BAD_TARE = 12
    BAD_TEXT = 13
    MOTION = 20
    NO_MOTION = 21
    """The load was not changed since the last weighing."""
    NOT_FINISHED = 22
    BELOW_MINIMUM = 30
    BELOW_ZERO = 31
    OVERLOAD = 32


@dataclass(frozen=True, slots=True)
class Weighed:
    """Record 02. `amount` in the price's unit."""

    grams: int
    price: int
    amount: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Record 09."""

    why: Why


@dataclass(frozen=True, slots=True)
class Proof:
    """Record 11. `challenge` "": `right` says how the proof was taken."""

    right: bool
    challenge: str = ""


Result = Weighed | Refused | Proof


def price_record(price: int, tare_grams: int = 0) -> bytes:
    """Record 01, or 03 with a tare. Raises ValueError when the digits do not fit."""
    if not (0 <= price <= PRICE_MAX and 0 <= tare_grams <= TARE_GRAMS_MAX):
        raise ValueError("six digits of price, four of tare")
    if tare_grams:
        return _till(f"03\x1b{price:06}\x1b{tare_grams:04}")
    return _till(f"01\x1b{price:06}\x1b")


def status_record() -> bytes:
    """Record 08."""
    return _till("08")


def proof_record(bits: int, challenge: str, polynomial: int) -> bytes:
    """Record 10 for a scale's challenge of two hexadecimal digits."""
    code, word = proof(bits, challenge, polynomial)
    return _till(f"10\x1b{code:04X}{word:04X}")


def proof(bits: int, challenge: str, polynomial: int) -> tuple[int, int]:
    """CS and KW, see above; `polynomial` without its leading term."""
    left, right = int(challenge[0], 16), int(challenge[1], 16)
    code = _rotated(bits, left)
    rest = code << 16
    for place in range(31, 15, -1):
        if rest >> place & 1:
            rest ^= (0x10000 | polynomial) << (place - 16)
    return code, _rotated(rest, 16 - right)


def is_proof(code: int, word: int, challenge: str, polynomial: int) -> bool:
    """The scale's side: whether KW fits CS."""
    left = int(challenge[0], 16)
    return proof(_rotated(code, 16 - left), challenge, polynomial)[1] == word


def write_result(result: Result) -> bytes:
    """The scale's answer to ENQ. Raises ValueError when the digits do not fit."""
    match result:
        case Weighed(grams, price, amount):
            if not (0 <= grams <= 99_999 and 0 <= price <= PRICE_MAX and 0 <= amount <= PRICE_MAX):
                raise ValueError("five digits of weight, six of price and amount")
            return _scale(f"02\x1b3\x1b{grams:05}\x1b{price:06}\x1b{amount:06}")
        case Refused(why):
            return _scale(f"09\x1b{why:02}")
        case Proof(right, challenge):
            return _scale(f"11\x1b2{challenge}" if challenge else f"11\x1b{int(right)}")


_RESULT = re.compile(
    rb"\x02(?:02\x1b3\x1b([0-9]{5})\x1b([0-9]{6})\x1b([0-9]{6})|09\x1b([0-9]{2})|11\x1b(?:([01])|2([0-9A-Fa-f]{2})))\x03"
)


def read_result(buffer: bytes) -> Result | None:
    """The first whole and sensible answer in these bytes."""
    for found in _RESULT.finditer(buffer):
        grams, price, amount, why, right, challenge = (
            None if part is None else part.decode("ascii") for part in found.groups()
        )
        if grams is not None and price is not None and amount is not None:
            return Weighed(int(grams), int(price), int(amount))
        if why is not None:
            return Refused(Why(int(why))) if int(why) in set(Why) else Refused(Why.GENERAL)
        return Proof(right == "1", challenge or "")
    return None


def _till(body: str) -> bytes:
    return EOT + _scale(body)


def _scale(body: str) -> bytes:
    return b"\x02" + body.encode("ascii") + b"\x03"


def _rotated(bits: int, places: int) -> int:
    places %= 16
    return (bits << places | bits >> (16 - places)) & 0xFFFF
