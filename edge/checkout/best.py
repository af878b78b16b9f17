"""The full effort for the best basket: once, before somebody pays. Beside other tills, which go on scanning meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

from edge.checkout.desk import Desk
from edge.checkout.pricing import TOTAL_NODE_BUDGET, price_basket
from edge.checkout.session import Session, Step
from protocols.contract.till_basket import ShowTotal
from protocols.contract.till_payment import Pay, PayCash

PAYING = (PayCash, Pay)


async def show_total(desk: Desk, session: Session, command_id: str, _command: ShowTotal) -> Step:
    """Everything is in the basket: price it with the full effort."""
    session.need_basket()
    return await desk.finish_shown(await best(desk, session), command_id)


async def best(desk: Desk, session: Session) -> Session:
    """The session with the best basket that the full budget finds; unchanged when nothing better is to be found."""
    basket = session.basket
    if basket is None or session.priced.searched:
        return session
    work = partial(
        price_basket,
        basket,
        desk.zone(),
        desk.bundle_of(basket),
        utc_offset_minutes=desk.utc_offset_minutes(basket),
        node_budget=TOTAL_NODE_BUDGET,
    )
    found = await asyncio.to_thread(work)
    if found.total_minor > session.priced.total_minor:
        found = replace(session.priced, searched=True)
    return replace(session, priced=found)
