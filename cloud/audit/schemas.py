"""The audit trail as it crosses HTTP."""

from __future__ import annotations

from pydantic import BaseModel, Field

from cloud.audit.domain import Outcome, Via


class AuditView(BaseModel):
    audit_id: int
    at_ms: int
    outcome: Outcome
    login: str = Field(description="Who, as the login was then; of a failed login what was typed")
    via: Via
    request_id: str = Field(description="The answer's `X-Request-Id`")
    action: str = Field(examples=["price.changed"], description="Of a refused request what was asked")
    object_id: str
    stores: list[str] = Field(description="Stores it touched; none: it belongs to the whole chain")
    zone: str
    before: str = Field(description="JSON text, or empty")
    after: str = Field(description="JSON text, or empty")
    reason: str


class AuditPage(BaseModel):
    rows: list[AuditView]
    next: str | None = None
