"""Finding a sale by its receipt: in the box, else at headquarters, which also tells what came back of it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.checkout import presale_store, returns_store, store
from edge.checkout.basket import PRESALE
from edge.checkout.desk import Desk
from edge.checkout.ports import Unreachable
from edge.checkout.reasons import Refusal
from edge.checkout.return_history import History, earlier_of
from edge.checkout.return_sums import Standing
from edge.checkout.sold_units import SoldLine, sold_lines
from protocols.contract.facts import decode_envelope
from protocols.contract.questions import QuestionRefused
from protocols.contract.returns import EarlierReturn, FindSale, SaleFound, SoldSale

STORE_MARK = "/"
"""Between the store and the receipt number in a receipt's barcode: `s-0001/1-0-000123`."""


@dataclass(frozen=True, slots=True)
class ReceiptName:
    """Which receipt; `store_id` empty: of this store."""

    store_id: str
    till_id: str
    incarnation: int
    number: int


def receipt_name(text: str) -> ReceiptName | None:
    """Read a scanned or typed receipt number; None for anything else. A symbology identifier before it is dropped."""
    plain = text.strip()
    if plain.startswith("]"):
        plain = plain[3:]
    store_id, _, rest = plain.rpartition(STORE_MARK)
    parts = rest.rsplit("-", 2)
    if (
        len(parts) != 3
        or not parts[0]
        or {"/", ":"} & set(store_id)
        or not all(part.isascii() and part.isdecimal() for part in parts[1:])
    ):
        return None
    return ReceiptName(store_id, parts[0], int(parts[1][:12]), int(parts[2][:12]))


async def find(desk: Desk, text: str) -> SoldSale:
    """The sale of a receipt. Raises `Refusal`: `receipt_unreadable`, `receipt_unknown`, `receipt_not_here`."""
    name = receipt_name(text)
    if name is None:
        raise Refusal("receipt_unreadable", receipt=text.strip()[:60])
    here = name.store_id in {"", desk.store_id}
    own = None
    if here:
        receipt = store.receipt_text(name.till_id, name.incarnation, name.number)
        own = store.read_sale_by_receipt(desk.reader(), receipt)
    question = FindSale(
        question_id=desk.ids.new(),
        store_id=desk.store_id if here else name.store_id,
        till_id=name.till_id,
        incarnation=name.incarnation,
        number=name.number,
    )
    answer = await desk.headquarters.ask(question)
    told = answer if isinstance(answer, SaleFound) else None
    verified = not isinstance(answer, Unreachable)
    if own is not None:
        returns = () if told is None else told.returns
        at_ms = decode_envelope(own.fact).at_ms
        return SoldSale(sale=own.closed(), receipt=own.receipt, at_ms=at_ms, told=returns, verified=verified)
    if told is not None:
        receipt = store.receipt_text(name.till_id, name.incarnation, name.number)
        return SoldSale(sale=told.sale, receipt=receipt, at_ms=told.at_ms, told=told.returns)
    # A headquarters that does not know the receipt, or does not know the question, has said all it will say.
    assert isinstance(answer, Unreachable | QuestionRefused), "nothing else answers this question"
    raise Refusal("receipt_not_here" if not verified else "receipt_unknown", receipt=text.strip()[:60])


def standing_of(desk: Desk, sold: SoldSale) -> Standing:
    """The sale as it stands now: what came back of it here by the box's own record, elsewhere as headquarters told."""
    store_id, sale_id = sold.sale.store_id, sold.sale.sale_id
    own = {fact.return_id: earlier_of(fact) for fact in returns_store.facts_of_sale(desk.reader(), store_id, sale_id)}
    returns: dict[str, EarlierReturn] = {each.return_id: each for each in sold.told} | own
    return Standing(tuple(_open(desk, each) for each in sold_lines(sold.sale)), History(tuple(returns.values())))


def _open(desk: Desk, line: SoldLine) -> SoldLine:
    if line.line.line_kind != PRESALE:
        return line
    return replace(line, ended=not presale_store.may_come_back(desk.reader(), line.line.reference))


def taken_of(desk: Desk, sold: SoldSale, standing: Standing, line_no: int) -> frozenset[int]:
    """Units of a line that cannot come back: they did, or lie in a basket of this store."""
    held = returns_store.taken(desk.reader(), sold.sale.store_id, sold.sale.sale_id)
    return standing.history.units_back(line_no) | held.get(line_no, frozenset())
