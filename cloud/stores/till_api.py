"""Routes of what HQ decides about the tills of a store."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from cloud.audit.domain import Done, Entry
from cloud.db.pool import Connection
from cloud.stores import service
from cloud.stores.till_settings import TillSettings
from cloud.web.access import Reader, StoresWriter
from cloud.web.once import Repeat, repeat_of, write
from protocols.contract.till_rules import LossRule, NegativeStock, TillRules

router = APIRouter(prefix="/api/v1", tags=["stores"])
LOSS_RULES_MAX = 20


class LossRuleBody(BaseModel):
    """So many of something within a time, and a supervisor is told."""

    model_config = ConfigDict(extra="forbid")
    what: str = Field(max_length=40)
    most: int = Field(description="As many as this are ordinary")
    within_minutes: int


class TillSettingsBody(BaseModel):
    """Amounts in minor units of the store's currency."""

    model_config = ConfigDict(extra="forbid")
    variance_limit_minor: int = Field(description="A larger difference of a shift needs a second person")
    cash_warning_minor: int = Field(description="With more cash in a drawer the till asks for some to be taken out")
    return_days: int = Field(description="How long after a sale goods may come back; 0: without an end")
    no_receipt_days: int = Field(description="Goods without a receipt pay the lowest price of so many days")
    refund_cash_max_minor: int = Field(description="More cash in one refund needs a second person; 0: no limit")
    return_policy: list[str] = Field(default=[], description="Printed at the foot of receipts")
    negative_stock: NegativeStock = Field(
        default="allow", description="Goods of which the records have none left: allow, warn at the till, or refuse"
    )
    invoice_url: str = Field(default="", description="Where a customer asks for an invoice; printed as a QR code")
    loss: list[LossRuleBody] = Field(default=[], max_length=LOSS_RULES_MAX)

    def settings(self) -> TillSettings:
        """As the domain knows it."""
        rules = TillRules(
            variance_limit_minor=self.variance_limit_minor,
            cash_warning_minor=self.cash_warning_minor,
            loss=tuple(LossRule(**rule.model_dump()) for rule in self.loss),
            negative_stock=self.negative_stock,
        )
        return TillSettings(
            rules=rules,
            return_days=self.return_days,
            no_receipt_days=self.no_receipt_days,
            refund_cash_max_minor=self.refund_cash_max_minor,
            return_policy=tuple(self.return_policy),
            invoice_url=self.invoice_url,
        )


class TillSettingsView(TillSettingsBody):
    store_id: str
    feed_version: int | None = None


def _view(store_id: str, settings: TillSettings, feed_version: int | None = None) -> TillSettingsView:
    return TillSettingsView(
        store_id=store_id,
        feed_version=feed_version,
        variance_limit_minor=settings.rules.variance_limit_minor,
        cash_warning_minor=settings.rules.cash_warning_minor,
        return_days=settings.return_days,
        no_receipt_days=settings.no_receipt_days,
        refund_cash_max_minor=settings.refund_cash_max_minor,
        return_policy=list(settings.return_policy),
        invoice_url=settings.invoice_url,
        negative_stock=settings.rules.negative_stock,
        loss=[LossRuleBody(**msgspec.structs.asdict(rule)) for rule in settings.rules.loss],
    )


@router.get("/stores/{store_id}/till-settings")
async def get_till_settings(store_id: str, asking: Reader) -> TillSettingsView:
    """What the tills of a store hold people to."""
    async with asking.read() as tx:
        return _view(store_id, await service.till_settings(tx, store_id))


@router.put("/stores/{store_id}/till-settings", response_model=TillSettingsView)
async def put_till_settings(
    store_id: str, body: TillSettingsBody, asking: StoresWriter, once: Annotated[Repeat, Depends(repeat_of)]
) -> Response:
    """Change it; the store learns of it at once."""

    async def use_case(tx: Connection) -> Done[TillSettingsView]:
        before = await service.till_settings(tx, store_id)
        after = body.settings()
        version = await service.change_till_settings(tx, store_id, after, now_ms=asking.now_ms)
        noted = Entry("store.tills_changed", store_id, (store_id,), before=before, after=after)
        return Done(_view(store_id, after, version), noted)

    return await write(asking, once, use_case)
