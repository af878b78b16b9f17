"""A closed sale unit by unit: what each piece was paid for, from the shares stored with the sale (rule R8). Pure.

A unit is one piece, or one whole weighed line. Units of a line come back in stored order, whatever piece is on the counter.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.contract.sale_parts import SaleLine, UnitDiscount
from protocols.contract.till_facts import SaleClosed
from protocols.contract.values import TaxMode, share_largest_remainder

GIFT_CARD = "gift_card"
"""Such a line is no goods: its money goes back another way."""


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A sold line. `pays_minor`: what each unit pays back, tax included; `taxes_minor`: the tax in it."""

    line: SaleLine
    nets_minor: tuple[int, ...]
    taxes_minor: tuple[int, ...]
    pays_minor: tuple[int, ...]
    ended: bool = False
    """A deposit that was settled or kept, or taken by another store: it is not given back here."""

    @property
    def units(self) -> int:
        """How many units were sold."""
        return len(self.nets_minor)

    @property
    def returnable_units(self) -> int:
        """How many of them may come back at all."""
        return 0 if self.ended or self.line.line_kind == GIFT_CARD else self.units


def sold_lines(sale: SaleClosed) -> tuple[SoldLine, ...]:
    """The lines of a sale, unit by unit. What all units pay is what the customer owed."""
    return tuple(_sold_line(line, sale.tax_mode) for line in sale.lines)


def shares_of(line: SaleLine, first_unit: int, quantity: int) -> tuple[UnitDiscount, ...]:
    """The part of a line's discounts that lies on a run of its units."""
    parts = []
    for discount in line.discounts:
        shares = discount.shares_minor[first_unit : first_unit + quantity]
        if any(shares):
            parts.append(
                UnitDiscount(
                    promotion_id=discount.promotion_id,
                    shares_minor=shares,
                    name=discount.name,
                    name_zh=discount.name_zh,
                    layer=discount.layer,
                )
            )
    return tuple(parts)


def stock_of(line: SaleLine, quantity: int) -> int:
    """What so many units put back on stock, in thousandths."""
    return line.stock_thousandths if line.grams is not None else line.stock_thousandths // line.quantity * quantity


def _sold_line(line: SaleLine, mode: TaxMode) -> SoldLine:
    nets = _unit_nets(line)
    taxes = share_largest_remainder(line.tax_minor, nets)
    pays = [net + tax for net, tax in zip(nets, taxes, strict=True)] if mode is TaxMode.EXCLUSIVE else nets
    return SoldLine(line, tuple(nets), tuple(taxes), tuple(pays))


def _unit_nets(line: SaleLine) -> list[int]:
    """Base less shares, unit by unit. A fact that does not add up (of older software) is shared evenly."""
    units = 1 if line.grams is not None else line.quantity
    off = sum(sum(discount.shares_minor) for discount in line.discounts)
    if line.grams is not None:
        return [line.net_minor]
    base = line.unit_price_minor if line.base_unit_minor is None else line.base_unit_minor
    nets = list(line.bases_minor) or [base] * units
    fits = len(nets) == units and all(len(discount.shares_minor) == units for discount in line.discounts)
    if not fits or sum(nets) - off != line.net_minor:
        return share_largest_remainder(line.net_minor, [1] * units)
    for discount in line.discounts:
        nets = [net - share for net, share in zip(nets, discount.shares_minor, strict=True)]
    return nets
