"""Promotions between JSON of a request and the struct, saying which field is wrong."""

from __future__ import annotations

from typing import cast

import msgspec
from msgspec import structs

from cloud.promotions.schemas import PromotionJson
from cloud.refusals import Invalid
from protocols.promotions.bundle import decode_promotion, encode_promotion
from protocols.promotions.rules import Promotion

REMEDY = "See docs/promotions-at-hq.md for the kinds and their fields."


def promotion_of(found: PromotionJson, *, promotion_id: str = "") -> Promotion:
    """The promotion of a request. `promotion_id`: that of the path wins. Raises `Invalid` for an unknown kind or field."""
    wanted = {"revision": 1, **found}
    if promotion_id:
        wanted["promotion_id"] = promotion_id
    try:
        return decode_promotion(msgspec.json.encode(wanted))
    except msgspec.MsgspecError as error:
        raise Invalid.field("rule", str(error), REMEDY) from error


def json_of(promotion: Promotion) -> PromotionJson:
    """As it is answered."""
    return cast("PromotionJson", msgspec.json.decode(encode_promotion(promotion)))


def draft_of(found: PromotionJson) -> Promotion:
    """A draft that may have no id or name yet, with something to stand for them. Raises `Invalid`."""
    promotion = promotion_of({"promotion_id": "", "name": "", **found})
    return structs.replace(promotion, promotion_id=promotion.promotion_id or "draft", name=promotion.name or "draft")
