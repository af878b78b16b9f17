"""`user` and `zone` commands, for machines without a browser and for the day nobody can log in."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import structs

from cloud.audit.domain import Entry
from cloud.clock import SystemClock, SystemRandom, id_source
from cloud.commands.ground import Say, everything, note
from cloud.pricing import service as pricing
from cloud.pricing import store as pricing_store
from cloud.settings import HqSettings
from cloud.users import service, store
from cloud.users.domain import NewPerson, Role
from cloud.users.secrets import generated_password
from protocols.contract.feed_rows import ZoneRow
from protocols.contract.values import TaxMode

LIST_MAX = 1_000


@dataclass(frozen=True)
class Reach:
    """What a new person looks after: regions, or stores, or with neither the whole chain."""

    regions: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()

    @property
    def whole_chain(self) -> bool:
        return not self.regions and not self.stores


async def add(settings: HqSettings, login: str, name: str, role: Role, reach: Reach, say: Say) -> None:
    """Let someone in with a generated password, shown once."""
    password = generated_password(SystemRandom())
    new = NewPerson(login, name, role, password, reach.whole_chain, reach.stores, regions=reach.regions)
    async with everything(settings) as tx:
        await service.add_person(tx, new, ids=id_source(), now_ms=SystemClock().now_ms())
        await note(tx, Entry("person.added", login, after=new))
    say(f"{login} ({role}) may log in with the password {password}   (shown once)")


async def reset_password(settings: HqSettings, login: str, say: Say) -> None:
    """A new generated password; every session of the person ends."""
    password = generated_password(SystemRandom())
    async with everything(settings) as tx:
        await service.set_password(tx, login, password)
        await note(tx, Entry("person.password_reset", login))
    say(f"{login} may log in with the password {password}   (shown once)")


async def remove(settings: HqSettings, login: str, say: Say) -> None:
    """Let someone in no longer."""
    async with everything(settings) as tx:
        await service.remove_person(tx, login)
        await note(tx, Entry("person.disabled", login))
    say(f"{login} may log in no longer")


async def list_people(settings: HqSettings, say: Say) -> None:
    """One line a person."""
    async with everything(settings) as tx:
        for person in await store.list_people(tx, "", LIST_MAX):
            scope = "all stores" if person.all_stores else ", ".join((*person.regions, *person.stores))
            say(f"{person.login}  {person.role}  {scope}  {person.name}")


async def put_zone(
    settings: HqSettings, zone: str, currency: str, tax_mode: TaxMode, cash_rounding_minor: int, say: Say
) -> None:
    """Add or change a price zone."""
    row = ZoneRow(zone=zone, currency=currency, tax_mode=tax_mode, cash_rounding_minor=cash_rounding_minor)
    async with everything(settings) as tx:
        before = await pricing_store.present_zone(tx, zone)
        if before is not None:
            row = structs.replace(
                row,
                price_law=before.price_law,
                cash_rounding_method=before.cash_rounding_method,
                cash_rounding_scope=before.cash_rounding_scope,
            )
        version = await pricing.put_zone(tx, row, now_ms=SystemClock().now_ms())
        verb = "added" if before is None else "changed"
        await note(tx, Entry(f"zone.{verb}", zone, zone=zone, before=before, after=row))
    say(f"zone {zone}: {currency}, tax {tax_mode}; price feed version {version}")
