"""Rules, minima and shelf plans as they cross HTTP."""

from __future__ import annotations

from msgspec import structs
from pydantic import BaseModel, ConfigDict, Field

from cloud.shelf_rules.domain import Level
from protocols.contract.feed_stock import MarkdownStep, NegativeStock, StockRulesRow


class StepBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    days_left: int
    off_bp: int = Field(description="Basis points: 2000 is 20 % off")


class RulesBody(BaseModel):
    """How stores keep their stock; what is left out is the default."""

    model_config = ConfigDict(extra="forbid")
    negative_stock: NegativeStock = NegativeStock.ALLOW
    variance_pieces_max: int = 5
    variance_minor_max: int = 5_000
    write_off_minor_max: int = 10_000
    blind_counts: bool = True
    expiry_warn_days: int = 3
    markdown_steps: list[StepBody] = [StepBody(days_left=2, off_bp=2_000), StepBody(days_left=1, off_bp=5_000)]
    size_gap_keys: list[str] = []

    def row(self) -> StockRulesRow:
        """As stores read it."""
        fields = self.model_dump(exclude={"markdown_steps", "size_gap_keys", "negative_stock"})
        steps = tuple(MarkdownStep(days_left=step.days_left, off_bp=step.off_bp) for step in self.markdown_steps)
        sizes = tuple(dict.fromkeys(key.strip() for key in self.size_gap_keys if key.strip()))
        return StockRulesRow(**fields, negative_stock=self.negative_stock, markdown_steps=steps, size_gap_keys=sizes)

    @classmethod
    def of(cls, row: StockRulesRow) -> RulesBody:
        """What a row says."""
        steps = [StepBody(days_left=step.days_left, off_bp=step.off_bp) for step in row.markdown_steps]
        fields = structs.asdict(row) | {"markdown_steps": steps, "size_gap_keys": list(row.size_gap_keys)}
        return cls(**fields)


class RulesView(BaseModel):
    level: Level
    level_id: str
    rules: RulesBody
    changed_by: str
    changed_ms: int


class StoreRules(BaseModel):
    """What holds in a store. `level` null: the defaults."""

    store_id: str
    level: Level | None
    rules: RulesBody


class MinimumBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    minimum_thousandths: int


class MinimumView(BaseModel):
    level: Level
    level_id: str
    item_id: str
    name: str
    minimum_thousandths: int
    changed_by: str
    changed_ms: int


class MinimumPage(BaseModel):
    rows: list[MinimumView]
    next: str | None


class PlanBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=80)
    item_ids: list[str] = Field(max_length=200)
    minimum_pieces: int = 1


class PlanView(PlanBody):
    device_id: str
    antenna: int
