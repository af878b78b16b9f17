"""`user` and `zone` commands, for machines without a browser and for the day nobody can log in."""

from __future__ import annotations

from cloud.clock import SystemClock, SystemRandom, id_source
from cloud.commands.ground import Say, everything
from cloud.pricing import service as pricing
from cloud.settings import HqSettings
from cloud.users import service, store
from cloud.users.domain import NewPerson, Role
from cloud.users.secrets import generated_password
from protocols.contract.feed_rows import ZoneRow
from protocols.contract.values import TaxMode

LIST_MAX = 1_000


async def add(settings: HqSettings, login: str, name: str, role: Role, stores: tuple[str, ...], say: Say) -> None:
    """Let someone in with a generated password, shown once."""
    password = generated_password(SystemRandom())
    new = NewPerson(login, name, role, password, all_stores=not stores, stores=stores)
    async with everything(settings) as tx:
        await service.add_person(tx, new, ids=id_source(), now_ms=SystemClock().now_ms())
    say(f"{login} ({role}) may log in with the password {password}   (shown once)")


async def reset_password(settings: HqSettings, login: str, say: Say) -> None:
    """A new generated password; every session of the person ends."""
    password = generated_password(SystemRandom())
    async with everything(settings) as tx:
        await service.set_password(tx, login, password)
    say(f"{login} may log in with the password {password}   (shown once)")


async def remove(settings: HqSettings, login: str, say: Say) -> None:
    """Let someone in no longer."""
    async with everything(settings) as tx:
        await service.remove_person(tx, login)
    say(f"{login} may log in no longer")


async def list_people(settings: HqSettings, say: Say) -> None:
    """One line a person."""
    async with everything(settings) as tx:
        for person in await store.list_people(tx, "", LIST_MAX):
            scope = "all stores" if person.all_stores else ", ".join(person.stores)
            say(f"{person.login}  {person.role}  {scope}  {person.name}")


async def put_zone(
    settings: HqSettings, zone: str, currency: str, tax_mode: TaxMode, cash_rounding_minor: int, say: Say
) -> None:
    """Add or change a price zone."""
    row = ZoneRow(zone=zone, currency=currency, tax_mode=tax_mode, cash_rounding_minor=cash_rounding_minor)
    async with everything(settings) as tx:
        version = await pricing.put_zone(tx, row, now_ms=SystemClock().now_ms())
    say(f"zone {zone}: {currency}, tax {tax_mode}; price feed version {version}")
