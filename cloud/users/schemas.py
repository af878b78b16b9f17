"""People as they cross HTTP."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from cloud.users.domain import Person, Right, Role


class LoginRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    login: str = Field(max_length=64)
    password: str = Field(max_length=256)


class PersonView(BaseModel):
    login: str
    name: str
    role: Role
    all_stores: bool
    regions: list[str] = Field(description="Looks after the stores these regions have at the time of asking")
    stores: list[str]
    language: str
    rights: list[Right]

    @classmethod
    def of(cls, person: Person) -> PersonView:
        rights = [right for right in Right if person.may(right)]
        return cls(
            login=person.login,
            name=person.name,
            role=person.role,
            all_stores=person.all_stores,
            regions=list(person.regions),
            stores=list(person.stores),
            language=person.language,
            rights=rights,
        )


class LoginAnswer(BaseModel):
    token: str = Field(description="Send it as `Authorization: Bearer <token>`. Shown once.")
    expires_at_ms: int
    person: PersonView


class PeoplePage(BaseModel):
    rows: list[PersonView]
    next: str | None = None


class PersonRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=120)
    role: Role
    all_stores: bool = True
    regions: list[str] = []
    stores: list[str] = []
    language: str = "en"


class NewPersonRequest(PersonRequest):
    login: str
    password: str | None = Field(default=None, max_length=256, description="Left out, one is made and answered once")


class NewPersonAnswer(PersonView):
    password: str | None = Field(default=None, description="The password made for the person; shown once")


class NewPasswordAnswer(BaseModel):
    login: str
    password: str = Field(description="Shown once; every session of the person has ended")


class PasswordRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    old_password: str = Field(max_length=256)
    new_password: str = Field(max_length=256)


class NewTokenRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    label: str = Field(min_length=1, max_length=80, description="What the machine is that will use it")
    days: int = Field(default=365, ge=1, le=730)


class TokenView(BaseModel):
    token_id: str
    kind: str
    label: str
    created_at_ms: int
    expires_at_ms: int


class NewTokenAnswer(BaseModel):
    token: str = Field(description="Shown once; only a hash of it is stored.")
    token_id: str
    expires_at_ms: int
