"""Members as they cross HTTP."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from cloud.members.domain import Member


class MemberBody(BaseModel):
    """`code` empty: the member's id. `phone`: digits; what stands between them is left out."""

    model_config = ConfigDict(extra="forbid")
    name: str
    phone: str | None = Field(default=None, max_length=40, description="left out, it stays as it is; empty takes it away")
    code: str = ""
    cards: list[str] = Field(default=[], max_length=20)
    tier: str = Field(default="", max_length=40)
    groups: list[str] = Field(default=[], max_length=20)
    birthday: str = ""
    note: str = ""
    consent_messages: bool = False
    consent_profile: bool = False
    active: bool = True


class MemberView(BaseModel):
    """`phone` whole only for those who may change members."""

    member_id: str
    store_id: str
    name: str
    phone: str
    phone_tail: str
    code: str
    cards: list[str]
    tier: str
    groups: list[str]
    birthday: str
    note: str
    consent_messages: bool
    consent_profile: bool
    active: bool
    joined_at_ms: int
    changed_at_ms: int
    points: int
    points_at_ms: int

    @classmethod
    def of(cls, member: Member, *, whole: bool) -> MemberView:
        """As this person may see it."""
        shown = {name: getattr(member, name) for name in cls.model_fields}
        return cls(**{**shown, "phone": member.phone if whole else ""})


class MemberPage(BaseModel):
    rows: list[MemberView]
    next: str | None = None


class MemberWritten(BaseModel):
    member_id: str


class PolicyBody(BaseModel):
    """How far stores may go with what they know of members."""

    model_config = ConfigDict(extra="forbid")
    believe_seconds: int
    points_per_unit: int
    points_step: int = 1
    points_months: int = 24
    remember_days: int = 90
