"""Card readers in the control API, and the cards there are to put on them."""

from __future__ import annotations

import msgspec

from simulators import control_shapes as shapes
from simulators.bench import Bench
from simulators.cards.deck import CardShape, card_of
from simulators.cards.reader import CardFaults
from simulators.endpoints import Call, Endpoint, Refused, found
from simulators.web import CannotListen


class CardReaderView(shapes.View, frozen=True, kw_only=True):
    """A slot. `uid`: of the card that lies on it, hexadecimal; `commands`: answered since the start."""

    port: int
    uid: str
    commands: int
    faults: CardFaults


class CardView(msgspec.Struct, frozen=True, kw_only=True):
    """A card of the bench's file."""

    id: str
    name: str
    kind: str


class CardOrder(shapes.Order, frozen=True, kw_only=True):
    """Put a card on: one of the file by its `id`, or any `card`."""

    id: str = ""
    card: CardShape | None = None


def views(bench: Bench) -> tuple[CardReaderView, ...]:
    """Every slot."""
    ports = {each.id: each.port for each in bench.settings.card_readers}
    return tuple(
        CardReaderView(
            id=name,
            port=ports[name],
            uid="" if reader.card is None else reader.card.uid.hex().upper(),
            commands=reader.commands,
            faults=reader.faults,
        )
        for name, reader in bench.card_readers.items()
    )


def endpoints(bench: Bench) -> tuple[Endpoint, ...]:
    """Put a card on, take it away, spoil it."""

    def cards(_call: Call) -> tuple[CardView, ...]:
        return tuple(CardView(id=each.id, name=each.name or each.id, kind=each.kind) for each in bench.settings.cards)

    async def put(call: Call) -> None:
        reader, order = found(bench.card_readers, call), call.body_as(CardOrder)
        shape = order.card or next((each for each in bench.settings.cards if each.id == order.id), None)
        if shape is None:
            raise Refused(404, f"there is no card '{order.id}' in the bench's file")
        try:
            await reader.put(card_of(shape))
        except ValueError as error:
            raise Refused(400, str(error)) from error
        except CannotListen as error:
            raise Refused(409, str(error)) from error

    async def take(call: Call) -> None:
        await found(bench.card_readers, call).take()

    def spoil(call: Call) -> None:
        found(bench.card_readers, call).faults = call.body_as(CardFaults)

    at, many = "/card_readers/{id}", tuple[CardReaderView, ...]
    return (
        Endpoint(path="/card_readers", summary="Every card reader", act=lambda _: views(bench), gives=many),
        Endpoint(path="/cards", summary="Cards to put on one", act=cards, gives=tuple[CardView, ...]),
        Endpoint(path=f"{at}/card", summary="Put a card on", act=put, takes=CardOrder),
        Endpoint(path=f"{at}/take", summary="Take the card away", act=take, takes=shapes.Nothing),
        Endpoint(path=f"{at}/faults", summary="What is wrong with card or hand", act=spoil, takes=CardFaults),
    )
