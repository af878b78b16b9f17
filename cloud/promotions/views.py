"""Promotions from rows to answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby

from cloud.db.pool import Connection
from cloud.promotions import service, store
from cloud.promotions.preview import Preview, sums_of
from cloud.promotions.schemas import (
    AppliedView,
    EventView,
    FindingView,
    HintView,
    NotAppliedView,
    PlacedView,
    PreviewView,
    PricedView,
    PromotionView,
    SoldLine,
    WholePromotion,
)
from cloud.promotions.shapes import json_of
from cloud.promotions.store import PlacedRow, PromotionRow
from protocols.promotions.bundle import decode_promotion
from protocols.promotions.rules import Promotion
from protocols.promotions.values import Priced

EVENTS_SHOWN = 50


def kind_of(promotion: Promotion) -> str:
    """The kind as the rule's JSON names it."""
    return str(type(promotion).__struct_config__.tag)


async def list_view(tx: Connection, zone: str, after: str, limit: int) -> list[PromotionView]:
    """Promotions with what stores hold of each."""
    rows = await store.list_promotions(tx, zone, after, limit)
    placed = await store.placed(tx, zone=zone)
    by_id = {key: list(found) for key, found in groupby(placed, key=lambda row: row.promotion_id)}
    return [_view(row, by_id.get(row.promotion_id, [])) for row in rows]


async def whole_view(tx: Connection, promotion_id: str) -> WholePromotion:
    """One promotion with everything. Raises `Missing`."""
    row = await service.need(tx, promotion_id)
    placed = await store.placed(tx, promotion_id=promotion_id)
    events = await store.events(tx, promotion_id, EVENTS_SHOWN)
    concerned, applied = 0, 0
    if placed and events:
        widest = () if any(not each.store_count for each in placed) else {s for each in placed for s in each.stores}
        concerned, applied = await store.landing(tx, row.zone, sorted(widest), events[0].feed_version)
    return WholePromotion(
        **_view(row, placed).model_dump(),
        rule=json_of(row.promotion),
        authors=row.authors,
        checked_at_ms=row.checked_at_ms,
        asked_by=row.asked_by,
        asked_at_ms=row.asked_at_ms,
        decided_by=row.decided_by,
        decided_at_ms=row.decided_at_ms,
        decision_note=row.decision_note,
        findings=[
            FindingView(severity=each.severity, code=each.code, detail=each.detail, params=dict(each.params))
            for each in await store.findings(tx, promotion_id)
        ],
        events=[EventView(**asdict(each)) for each in events],
        concerned_count=concerned,
        applied_count=applied,
    )


def _view(row: PromotionRow, placed: Sequence[PlacedRow]) -> PromotionView:
    promotion = row.promotion
    return PromotionView(
        promotion_id=row.promotion_id,
        zone=row.zone,
        currency=row.currency,
        minor_digits=row.minor_digits,
        state=row.state,
        revision=row.revision,
        kind=kind_of(promotion),
        name=promotion.name,
        name_zh=promotion.name_zh,
        starts_ms=promotion.starts_ms,
        ends_ms=promotion.ends_ms,
        reason=row.reason,
        made_by=row.made_by,
        made_at_ms=row.made_at_ms,
        changed_at_ms=row.changed_at_ms,
        placed=[_placed(each) for each in placed],
    )


def _placed(row: PlacedRow) -> PlacedView:
    promotion = decode_promotion(row.rule.encode())
    return PlacedView(
        revision=row.revision,
        name=promotion.name,
        name_zh=promotion.name_zh,
        kind=kind_of(promotion),
        starts_ms=promotion.starts_ms,
        ends_ms=promotion.ends_ms,
        stores=row.stores,
        store_count=row.store_count,
        published_ms=row.published_ms,
        published_by=row.published_by,
    )


def preview_view(found: Preview) -> PreviewView:
    """A basket priced twice."""
    live = sums_of(found.goods, found.live)
    draft = live if found.draft is None else sums_of(found.goods, found.draft)
    return PreviewView(
        zone=found.rules.zone,
        currency=found.rules.currency,
        minor_digits=found.rules.minor_digits,
        lines=[
            SoldLine(
                item_id=good.item_id,
                name=good.name,
                name_zh=good.name_zh,
                pieces=pieces,
                list_minor=listed,
                live_minor=now,
                draft_minor=then[3],
            )
            for (good, pieces, listed, now), then in zip(live, draft, strict=True)
        ],
        live=_priced(found.live, found.names),
        draft=None if found.draft is None else _priced(found.draft, found.names),
    )


def _priced(found: Priced, names: Mapping[str, tuple[str, str]]) -> PricedView:
    def named(promotion_id: str) -> dict[str, str]:
        name, name_zh = names.get(promotion_id, (promotion_id, ""))
        return {"promotion_id": promotion_id, "name": name, "name_zh": name_zh}

    return PricedView(
        total_minor=found.total_minor,
        proved=found.proved,
        applied=[
            AppliedView(**named(each.promotion_id), layer=each.layer, times=each.times, saved_minor=each.saved_minor)
            for each in found.applied
        ],
        considered=[
            NotAppliedView(**named(each.promotion_id), code=each.code, params=dict(each.params)) for each in found.considered
        ],
        hints=[
            HintView(
                **named(each.promotion_id), save_minor=each.save_minor, add_minor=each.add_minor, add_units=each.add_units
            )
            for each in found.hints
        ],
    )
