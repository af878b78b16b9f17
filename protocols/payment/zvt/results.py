"""What ZVT's numbers mean, in the words a cashier sees (English; the till translates the reason around it)."""

from __future__ import annotations

OK = 0x00
ABORTED = 0x6C
CURRENCY = 0x6F
NOT_POSSIBLE = 0x83
PROTOCOL = 0x9A
NOT_READY = 0xA0
NO_CONNECTION = 0xA3
REVERSED_ALREADY = 0xB4
REVERSAL_IMPOSSIBLE = 0xB5
OPEN_BATCH = 0xF0
NO_RECEIPT = 0x64
"""Of a repeated receipt: there is none (our simulator says so; any refusal is taken like that)."""

_WORDS = {
    0x00: "approved",
    0x05: "declined by the bank",
    0x64: "the card cannot be read",
    0x65: "no card",
    0x66: "the terminal could not carry it out",
    0x67: "not possible with this card",
    0x68: "not possible with this card",
    0x6A: "the terminal's memory is full",
    0x6B: "the terminal is not registered",
    0x6C: "stopped at the terminal",
    0x6E: "the card is blocked",
    0x6F: "the terminal does not take this currency",
    0x71: "not enough credit on the card",
    0x72: "the chip of the card is faulty",
    0x77: "the end of day was not possible",
    0x78: "the card has expired",
    0x79: "the card is not valid yet",
    0x7A: "the terminal does not know this card",
    0x7D: "the terminal cannot reach the bank",
    0x83: "the terminal cannot do this",
    0x9A: "the terminal did not understand",
    0x9B: "the terminal cannot reach the bank",
    0xA0: "another customer is at the terminal",
    0xA3: "the terminal cannot reach the bank",
    0xB4: "it was given back before",
    0xB5: "it cannot be taken back any more",
    0xF0: "the terminal wants its end of day first",
    0xFC: "a part of the terminal is missing or faulty (paper?)",
    0xFF: "the terminal reports an error",
}
_PROGRESS = {
    0x00: "waiting for the amount",
    0x01: "look at the terminal",
    0x02: "look at the terminal",
    0x04: "waiting for the bank",
    0x0A: "insert or tap the card",
    0x0B: "take the card",
    0x0C: "the card cannot be read",
    0x0E: "please wait",
    0x13: "enter the PIN",
    0x17: "please wait",
    0x18: "wrong PIN",
}


def words(code: int) -> str:
    """A result code for people; an unknown one as its number."""
    return _WORDS.get(code, f"refused by the terminal (code {code:02X})")


def progress(code: int) -> str:
    """An intermediate status for people."""
    return _PROGRESS.get(code, "the terminal is at work")
