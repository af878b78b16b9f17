"""A chain of two regions and three stores, every store's tables full, and people of every role and scope who are let in.

Everything a store holds carries its mark (`~cedar~name`), so a text that shows it speaks of that store. Rows are made up
from the tables as they stand: a table with a `store_id` that is added later is filled without a word here, unless its values
must have a shape (`_shapes`).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from msgspec import structs
from psycopg import sql

from cloud.campaigns import publishing
from cloud.campaigns import service as campaigns
from cloud.campaigns.domain import EVERYWHERE, Line, Reach, RingPlan, Wanted
from cloud.campaigns.store import Author as CampaignAuthor
from cloud.catalogue import recalls
from cloud.db.migrate import OwnerConnection
from cloud.db.pool import Connection, Database, Scope
from cloud.demo_goods import seed
from cloud.imports import service as imports
from cloud.imports.domain import Choices
from cloud.imports.service import Progress, Upload
from cloud.promotions import publishing as promotion_publishing
from cloud.promotions import service as promotions
from cloud.promotions.store import Author as PromotionAuthor
from cloud.templates import service as templates
from cloud.templates.store import Author
from cloud.users import service as users
from cloud.users import store as people
from cloud.users.domain import NewPerson, Person, Role
from cloud.users.secrets import hash_password
from protocols.contract.facts import encode_fact
from protocols.contract.feed_rows import RecallRow
from protocols.contract.till_facts import ShiftOpened
from protocols.contract.values import ClockQuality, Stream
from protocols.labels.built_in import built_in
from protocols.labels.template import Purpose
from protocols.promotions.kinds.percent_off import PercentOff
from protocols.sync.batch import BatchStamp, JournalRow, JournalSlice, build_batch
from protocols.sync.chain import genesis, link
from tests.support.hq_api import PASSWORD, HqApi, ask
from tests.support.hq_ground import EMBEDDED, GroundDatabase, PostgresServers, fresh_database

REGION_OF = {"alder": "west", "birch": "west", "cedar": "east"}
ZONE_OF = {"alder": "north", "birch": "south", "cedar": "north"}
STORES = tuple(REGION_OF)
ZONES = ("north", "south")
ITEM = "A000001"
PASSWORD_HASH = hash_password(PASSWORD)
"""Made once: hashing is slow on purpose."""


def mark(store_id: str) -> str:
    """What every text of this store begins with."""
    return f"~{store_id}~"


PEOPLE: dict[str, tuple[Role, tuple[str, ...], tuple[str, ...]]] = {
    "admin": (Role.ADMIN, (), ()),
    "pricing": (Role.PRICING, (), ()),
    "pricing.west": (Role.PRICING, ("west",), ()),
    "operations": (Role.OPERATIONS, (), ()),
    "operations.birch": (Role.OPERATIONS, (), ("birch",)),
    "region.west": (Role.REGION_MANAGER, ("west",), ()),
    "region.east": (Role.REGION_MANAGER, ("east",), ()),
    "store.alder": (Role.STORE_MANAGER, (), ("alder",)),
    "store.cedar": (Role.STORE_MANAGER, (), ("cedar",)),
    "viewer": (Role.VIEWER, (), ()),
    "viewer.two": (Role.VIEWER, (), ("alder", "cedar")),
}
"""Login: role, regions, stores; neither = the whole chain."""


def sees(login: str) -> frozenset[str]:
    """The stores in this person's scope."""
    _, regions, stores = PEOPLE[login]
    if not regions and not stores:
        return frozenset(STORES)
    return frozenset(stores) | {store_id for store_id, region in REGION_OF.items() if region in regions}


def business_day(now_ms: int, variant: int) -> str:
    """The business date of a store's rows of this variant: yesterday, the day before, ..."""
    return (datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC).date() - datetime.timedelta(variant)).isoformat()


def _local_day(at_ms: int) -> str:
    """The calendar day of an instant where the stores are."""
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    return datetime.datetime.fromtimestamp(at_ms / 1000, zone).date().isoformat()


def _shapes(store_id: str, variant: int, now_ms: int) -> dict[str, object]:
    """Columns whose values cannot be anything."""
    return {
        "store_id": store_id,
        "region_id": REGION_OF[store_id],
        "zone": ZONE_OF[store_id],
        "item_id": ITEM,
        "time_zone": "Europe/Berlin",
        "stream": "txn",
        "feed_id": f"store/{store_id}/setup",
        "currency": "EUR",
        "clock": "synced",
        "kind": "choose_box",
        "payload": _batch(store_id, variant, now_ms),
        "first_seq": 1,
        "till_settings": json.dumps({"return_policy": [mark(store_id)]}),
        "suspects": json.dumps([{"boot_id": f"{mark(store_id)}suspect{variant}"}]),
        "discounts": json.dumps([{"promotion_id": mark(store_id), "shares_minor": [variant]}]),
        "overrides": None,
        "presence": None,
        "serial": f"{mark(store_id)}serial{variant}",
        "business_date": business_day(now_ms, variant),
        "state": "failed",
        "rank": 0,
        "bucket_ms": now_ms // 86_400_000 * 86_400_000 - (variant - 1) * 3_600_000,
        "incarnation": 1,
        "ingest_rev": variant,
        "revision": variant,
        "last_rev": 10,
        "upto_rev": 0,
        "line_no": 1,
        "counted_thousandths": 7,
        "tender_no": 1,
        "antenna": 1,
        "off_bp": 2_000,
        "items": 10,
        "equal": 9,
        "sale_count": 1,
        "pack_quantity": 1,
        **dict.fromkeys(
            ("at_ms", "closed_at_ms", "heard_at_ms", "reported_at_ms", "raised_at_ms"), now_ms - 60_000 * variant
        ),
        **dict.fromkeys(("seen_at_ms", "revoked_at_ms", "done_at_ms", "projected_at_ms", "settled_at_ms")),
    }


def _batch(store_id: str, variant: int, now_ms: int) -> bytes:
    """A journal batch with a shift of this store, as it sent it."""
    opened = ShiftOpened(
        shift_id=f"{mark(store_id)}shift_id{variant}",
        till_id=f"{mark(store_id)}till_id{variant}",
        cashier_id=f"{mark(store_id)}cashier_id{variant}",
        float_minor=variant,
    )
    fact = encode_fact(
        opened,
        event_id=f"{mark(store_id)}event_id{variant}",
        at_ms=now_ms - 60_000 * variant,
        mono_ms=1,
        boot_id="boot",
        clock=ClockQuality.SYNCED,
        business_date=business_day(now_ms, variant),
    )
    first = genesis(store_id, 1, Stream.TXN.value)
    rows = (JournalRow(1, fact, link(first, fact)),)
    stamp = BatchStamp(store_id=store_id, boot_id="boot", conn_epoch=1, fence="f", incarnation=1, stream=Stream.TXN)
    return build_batch(stamp, JournalSlice(Stream.TXN, 0, first, rows), 1).payload


def _sample(column: str, kind: str, store_id: str, variant: int) -> object:
    text, number = f"{mark(store_id)}{column}{variant}", 1_000 * (1 + STORES.index(store_id)) + variant
    return {
        "text": text,
        "bigint": number,
        "integer": number,
        "smallint": number,
        "boolean": True,
        "bytea": text.encode(),
        "date": "2026-11-20",
        "jsonb": "{}",
        "ARRAY": [text],
        "double precision": number,
        "timestamp with time zone": "2026-11-20",
    }[kind]


def fill(owner: OwnerConnection, store_id: str, now_ms: int, *, variant: int = 1) -> None:
    """One row of this store in every table that speaks of stores, in place of those it had."""
    found = owner.execute(
        "SELECT table_name, column_name, data_type, is_identity = 'YES' OR data_type = 'xid8'"
        " FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        " AND NOT (SELECT relispartition FROM pg_class WHERE oid = to_regclass(quote_ident(table_name)))"
        " ORDER BY table_name, ordinal_position"
    ).fetchall()
    tables: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind, made in found:
        tables.setdefault(table, [])
        if not made:
            tables[table].append((column, kind))
    shapes = _shapes(store_id, variant, now_ms)
    owner.execute("SET session_replication_role = replica")  # foreign keys and triggers rest while rows are made up
    for table, columns in tables.items():
        if "store_id" not in dict(columns):
            continue
        values = {name: shapes[name] if name in shapes else _sample(name, kind, store_id, variant) for name, kind in columns}
        owner.execute(sql.SQL("DELETE FROM {} WHERE store_id = %s").format(sql.Identifier(table)), (store_id,))
        owner.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() for _ in values),
            ),
            list(values.values()),
        )
    _fill_prices(owner, store_id, now_ms, variant)
    _fill_returns(owner, store_id)
    _fill_goods(owner, store_id)
    _fill_events(owner, store_id)
    owner.execute("SET session_replication_role = origin")
    owner.execute(
        "INSERT INTO audit_entry (at_ms, outcome, person_id, login, via, request_id, action, object_id, stores, zone,"
        " before, after, reason) VALUES (%s, 'done', '', 'x', 'token', '', 'staff.changed', %s, %s, '', '', %s, '')",
        (now_ms, mark(store_id), [store_id], json.dumps({"name": mark(store_id)})),
    )


def _fill_returns(owner: OwnerConnection, store_id: str) -> None:
    """Something that came back twice, and an invoice that waits to be issued."""
    again = {"return_no": 999}
    waiting = {
        "document_id": f"{mark(store_id)}waiting",
        "return_id": "",
        "kind": "invoice",
        "state": "pending",
        "number": "",
    }
    for table, changed in (("goods_return_line", again), ("invoice_document", waiting)):
        copy = sql.SQL("INSERT INTO {0} SELECT (jsonb_populate_record(t, %s::jsonb)).* FROM {0} t WHERE store_id = %s")
        owner.execute(copy.format(sql.Identifier(table)), (json.dumps(changed), store_id))


def _fill_goods(owner: OwnerConnection, store_id: str) -> None:
    """Goods on their way and held for customers, something to withdraw and to decide, and rules of the store."""
    said = mark(store_id)
    copies: dict[str, list[dict[str, object]]] = {
        "goods_line": [
            {"kind": "transfer", "document_id": f"{said}transfer_id1"},
            {"kind": "receipt", "document_id": f"{said}receipt_id1"},
        ],
        "asn": [{"asn_id": "to-withdraw"}],
        "reservation_answer": [{"event_id": f"{said}again", "seq": 99_999, "state": "confirmed"}],
        "markdown_proposal": [{"proposal_id": "to-accept", "expires": ""}, {"proposal_id": "to-decline", "expires": ""}],
        "stock_move": [{"move_id": f"{said}off", "reason": "write_off"}],
    }
    for table, rows in copies.items():
        copy = sql.SQL(
            "INSERT INTO {0} SELECT (jsonb_populate_record(t, %s::jsonb)).* FROM {0} t WHERE store_id = %s LIMIT 1"
        )
        for changed in rows:
            owner.execute(copy.format(sql.Identifier(table)), (json.dumps(changed), store_id))
    owner.execute("UPDATE asn SET place = 'back_room' WHERE store_id = %s", (store_id,))
    tag = ["urn:epc:id:sgtin:0614141.812345.7"]
    owner.execute("UPDATE asn_line SET epcs = %s, item_id = %s WHERE store_id = %s", (tag, f"{said}item", store_id))
    rules = json.dumps({"kind": "stock_rules", "size_gap_keys": [said]})
    owner.execute("DELETE FROM stock_rules WHERE level_id = %s", (store_id,))
    owner.execute("INSERT INTO stock_rules VALUES ('store', %s, %s, 'x', 0)", (store_id, rules))
    owner.execute("DELETE FROM stock_minimum WHERE level_id = %s", (store_id,))
    owner.execute("INSERT INTO stock_minimum VALUES ('store', %s, %s, 1000, 'x', 0)", (store_id, ITEM))


def _fill_events(owner: OwnerConnection, store_id: str) -> None:
    """An EPCIS event that every store has alike but for its id and what its body says."""
    alike = {
        "event_type": "ObjectEvent",
        "biz_step": "retail_selling",
        "disposition": "retail_sold",
        "read_point": "urn:tallystick:loc:shared:floor",
        "biz_location": "urn:tallystick:loc:shared:floor",
        "epcs": ["https://id.gs1.org/01/80614141123458/21/6789"],
        "any_epcs": ["https://id.gs1.org/01/80614141123458/21/6789"],
        "body": json.dumps({"eventID": f"{mark(store_id)}event_id1", "type": "ObjectEvent"}, separators=(",", ":")),
        "context": "{}",
    }
    columns = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in alike)
    owner.execute(sql.SQL("UPDATE epcis_event SET {} WHERE store_id = %s").format(columns), [*alike.values(), store_id])
    own = mark(store_id) + "step"
    copy = "INSERT INTO epcis_event (store_id, event_id, recorded_ms, event_ms, event_type, action, biz_step, disposition,"
    copy += " read_point, biz_location, epcs, any_epcs, is_error, captured, body, context)"
    copy += " SELECT store_id, event_id || '-own', recorded_ms, event_ms, %s, action, %s, %s, %s, %s, %s, %s, false, false,"
    copy += " body, context FROM epcis_event WHERE store_id = %s"
    owner.execute(copy, [own, own, own, own, own, [own], [own], store_id])


def _fill_prices(owner: OwnerConnection, store_id: str, now_ms: int, variant: int) -> None:
    """A price book of the store and one price in it: these tables name the store by its feed."""
    book = {"book_id": f"{mark(store_id)}book", "feed_id": f"store/{store_id}/price", "name": f"{mark(store_id)}{variant}"}
    price = {
        "item_id": ITEM,
        "revision": 1,
        "price_minor": 100 + variant,
        "effective_from_ms": 0,
        "reason": book["name"],
    }
    place = {"book_id": book["book_id"], "feed_id": book["feed_id"], "customer_group": "", "price_kind": "regular"}
    said = {"what": "published", "person": "x", "at_ms": now_ms - 1_000}
    rows: dict[str, dict[str, object]] = {
        "price_book": {**book, **place, "priority": 20, "added_by": "x", "added_at_ms": 0},
        "price": {**price, **place, "priority": 20, "changed_by": "x", "changed_at_ms": 0, "feed_version": 1},
        "price_event": {**price, **place, **said, "priority": 20},
    }
    for table, row in rows.items():
        owner.execute(sql.SQL("DELETE FROM {} WHERE feed_id = %s").format(sql.Identifier(table)), (book["feed_id"],))
        names, places = sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(sql.Placeholder() for _ in row)
        insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, places)
        owner.execute(insert, list(row.values()))


@dataclass(frozen=True)
class LetIn:
    """A client with a token of its own."""

    client: httpx.AsyncClient
    token_id: str


@dataclass
class Chain:
    """The chain behind its API."""

    ground: GroundDatabase
    api: HqApi
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    """What is to be done with an import or a campaign: its id."""

    async def furnish(self) -> None:
        """Goods, regions, stores and people."""
        now_ms = self.api.clock.now_ms()
        async with self.api.database.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=now_ms, items=12)
        with self.ground.owner() as owner:
            for name in ("west", "east", "empty"):
                owner.execute("INSERT INTO region VALUES (%s, %s, 0)", (name, name.title()))
            owner.execute("INSERT INTO zone SELECT 'south', currency, minor_digits, tax_mode, cash_rounding_minor FROM zone")
            owner.execute("SELECT hq_telemetry_prepare(%s)", (now_ms,))
            for store_id in STORES:
                fill(owner, store_id, now_ms)
            owner.execute(
                "INSERT INTO value_account (account_id, kind, key, tail, currency, opened_at_ms)"
                " VALUES ('card-1', 'gift_card', 'key-1', '0001', 'EUR', 0)"
            )
            owner.execute(
                "WITH lot AS (INSERT INTO value_lot (account_id, amount, free, held, origin, at_ms)"
                " VALUES ('card-1', 500, 500, 0, 'hq/issued', 0) RETURNING lot_id)"
                " INSERT INTO value_movement (account_id, lot_id, what, free_delta, at_ms)"
                " SELECT 'card-1', lot_id, 'issue', 500, 0 FROM lot"
            )
            owner.execute("INSERT INTO epcis_query VALUES ('lasting', '{}', 0, 'x')")
            owner.execute("INSERT INTO epcis_capture VALUES ('lasting', 'rollback', 0, 0, true, 0, '[]', 'x')")
            owner.execute("INSERT INTO release VALUES ('R1', 'product A000001', %s, 'admin', NULL)", (now_ms,))
            owner.execute("INSERT INTO release_feed VALUES ('R1', 'global/catalogue', 1), ('R1', 'zone/north/price', 1)")
        await self._draw_labels(now_ms)
        await self._bring_files(now_ms)
        await self._make_campaigns(now_ms)
        await self._write_promotions(now_ms)
        for login, (role, regions, stores) in PEOPLE.items():
            await self.add_person(login, role, regions, stores)

    async def _draw_labels(self, now_ms: int) -> None:
        """A label template that every store was given by name, and two nobody was given."""
        author = Author("admin", now_ms)
        kinds = {"furnished": Purpose.REGULAR, "unused": Purpose.REGULAR, "offers": Purpose.PROMOTION}
        async with self.api.database.transaction(Scope.everything()) as tx:
            for template_id, purpose in kinds.items():
                drawn = structs.replace(built_in(purpose), template_id=template_id, name=template_id)
                row, _ = await templates.save_version(tx, drawn, author, after_version=0)
            given = await templates.version_of(tx, "furnished", row.version)
            await templates.publish(tx, given, STORES, author)

    async def _write_promotions(self, now_ms: int) -> None:
        """Promotions in stores by name in both zones, and others with which something can be done."""
        author = PromotionAuthor("somebody else", now_ms)
        trials = {f"trial-{zone}": [each for each in STORES if ZONE_OF[each] == zone] for zone in ZONES}
        others = ("to-change", "to-discard", "to-check", "to-ask", "to-decide", "to-publish", "to-recall")
        async with self.api.database.transaction(Scope.everything()) as tx:
            for recall_id in ("there", "lasting"):
                row = RecallRow(recall_id=recall_id, item_id=ITEM, reason="glass", from_ms=0)
                await recalls.put_recall(tx, row, now_ms=now_ms)
            for promotion_id in (*trials, *others):
                zone = promotion_id.removeprefix("trial-") if promotion_id in trials else ZONES[0]
                rule = PercentOff(promotion_id=promotion_id, revision=1, name=promotion_id, starts_ms=0, off_bp=500)
                await promotions.create(tx, rule, zone, "", author)
                if promotion_id not in {"to-change", "to-discard", "to-check"}:
                    await promotions.check(tx, promotion_id, author)
                if promotion_id == "to-decide":
                    await promotions.ask(tx, promotion_id, author)
                if promotion_id == "to-recall" or promotion_id in trials:
                    await promotion_publishing.publish(tx, promotion_id, trials.get(promotion_id, []), author)

    async def _bring_files(self, now_ms: int) -> None:
        """Imports of sales history: one in force, and checked ones with which something can be done."""
        hq = self.api.hq
        for number, name in enumerate(("in_force", "to_check", "to_apply", "to_discard")):
            lines = "".join(f"{store_id},2026-01-0{number + 1},{ITEM},3,4.50\n" for store_id in STORES)
            upload = Upload("sales_history", f"{name}.csv", f"store,date,item,quantity,net\n{lines}".encode(), Choices())
            async with self.api.database.transaction(Scope.everything()) as tx:
                import_id = await imports.receive(tx, upload, hq.ids, person="admin", now_ms=now_ms)
            assert await imports.check(self.api.database, import_id, hq.clock, hq.ids, Progress())
            self.imports[f"import_{name}"] = import_id
        async with self.api.database.transaction(Scope.everything()) as tx:
            await imports.apply(tx, self.imports["import_in_force"], person="admin", now_ms=now_ms)

    async def _make_campaigns(self, now_ms: int) -> None:
        """Campaigns about the item in both zones: one everywhere, and others with which something can be done."""
        author = CampaignAuthor("somebody else", now_ms)
        trial = (RingPlan("trial", Reach.STORES, STORES[:1]), *EVERYWHERE)
        for name in ("to_change", "to_fill", "to_load", "to_check", "to_discard", "to_ask", "to_decide", "to_publish",
                     "to_open", "to_recall", "everywhere"):  # fmt: skip
            item = {"to_publish": "A000003", "to_open": "W107", "to_recall": "W108"}.get(name, ITEM)
            async with self.api.database.transaction(Scope.everything()) as tx:
                prices = await ask(tx, "SELECT max(price_minor) FROM price WHERE item_id = %s", item)
                lines = [Line(number, zone, item, int(str(prices[0][0])) + number) for number, zone in enumerate(ZONES, 1)]
                wanted = Wanted(name, "", None, trial if name == "to_open" else EVERYWHERE)
                campaign_id = await campaigns.create(tx, wanted, lines, author, self.api.hq.ids)
                self.imports[f"campaign_{name}"] = campaign_id
                if name in {"to_ask", "to_decide", "to_publish", "to_open", "to_recall", "everywhere"}:
                    await campaigns.check(tx, campaign_id, author)
                if name == "to_decide":
                    await campaigns.ask(tx, campaign_id, author)
                if name in {"to_open", "to_recall", "everywhere"}:
                    await publishing.publish(tx, campaign_id, author)

    async def add_person(
        self, login: str, role: Role, regions: tuple[str, ...] = (), stores: tuple[str, ...] = ()
    ) -> Person:
        """Let somebody in, with a client in `clients`."""
        new = NewPerson(login, login, role, PASSWORD, not regions and not stores, stores, "en", regions)
        async with self.api.database.transaction(Scope.everything()) as tx:
            person_id = self.api.hq.ids.new()
            await people.add_person(
                tx, new, person_id=person_id, password_hash=PASSWORD_HASH, now_ms=self.api.clock.now_ms()
            )
            row = await people.person_for_login(tx, login)
            assert row is not None
            await self._let_in(tx, row.person())
            return row.person()

    async def _let_in(self, tx: Connection, person: Person) -> LetIn:
        hq = self.api.hq
        token, row = await users.add_api_token(tx, person, "test", ids=hq.ids, rng=hq.rng, now_ms=self.api.clock.now_ms())
        self.clients[person.login] = self.api.client(token)
        return LetIn(self.clients[person.login], row.token_id)

    async def renewed(self, login: str) -> LetIn:
        """Another token for somebody; former ones stay good."""
        async with self.api.database.transaction(Scope.everything()) as tx:
            row = await people.person_for_login(tx, login)
            assert row is not None
            return await self._let_in(tx, row.person())

    def names(self, store_id: str) -> dict[str, str]:
        """What stands for the braces in a route's example: things of this store."""
        with self.ground.owner() as owner:
            alarm = owner.execute("SELECT max(alarm_id) FROM store_alarm WHERE store_id = %s", (store_id,)).fetchone()
            clash = owner.execute("SELECT max(clash_id) FROM stored_value_clash WHERE store_id = %s", (store_id,)).fetchone()
        return {
            "store": store_id,
            "mark": mark(store_id),
            "zone": ZONE_OF.get(store_id, "north"),
            "item": ITEM,
            "alarm": str(alarm[0] or 0) if alarm else "0",
            "clash": str(clash[0] or 0) if clash else "0",
            "release": "R1",
            "soon_ms": str(self.api.clock.now_ms() + 3_600_000),
            "first_day": business_day(self.api.clock.now_ms(), 3),
            "last_day": business_day(self.api.clock.now_ms(), 0),
            "sale_day": business_day(self.api.clock.now_ms(), 1),
            "now_day": _local_day(self.api.clock.now_ms() - 60_000),
            **self.imports,
        }

    def state(self) -> str:
        """A hash of everything in the database but the audit trail: what a refused write must leave as it was."""
        with self.ground.owner() as owner:
            tables = owner.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
                " AND relname <> 'audit_entry' ORDER BY relname"
            ).fetchall()
            parts = [
                sql.SQL(
                    "SELECT {} || coalesce(md5(string_agg(t::text, ' ' ORDER BY t::text)), '') AS part FROM {} t"
                ).format(sql.Literal(name), sql.Identifier(name))
                for (name,) in tables
            ]
            row = owner.execute(
                sql.SQL("SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM ({}) parts").format(
                    sql.SQL(" UNION ALL ").join(parts)
                )
            ).fetchone()
        assert row is not None
        return str(row[0])

    def audit(self) -> list[dict[str, object]]:
        """Every row of the trail, oldest first."""
        with self.ground.owner() as owner:
            rows = owner.execute("SELECT row_to_json(a) FROM audit_entry a ORDER BY audit_id").fetchall()
        return [row[0] for row in rows]


@dataclass(frozen=True)
class FurnishedChain:
    """A furnished database to copy, which takes a tenth of the time of furnishing one, and the tokens that open it."""

    ground: GroundDatabase
    tokens: dict[str, str]
    imports: dict[str, str]

    @contextlib.contextmanager
    def copy(self) -> Iterator[GroundDatabase]:
        """A database of its own, dropped at the end."""
        with fresh_database(self.ground.server, template=self.ground.name) as copied:
            yield copied

    def chain(self, ground: GroundDatabase, database: Database) -> Chain:
        """The chain over a copy and its opened pool."""
        chain = Chain(ground, HqApi(database, seed=12), imports=self.imports)
        chain.clients = {login: chain.api.client(token) for login, token in self.tokens.items()}
        return chain


@pytest.fixture(scope="session")
def furnished_chain(postgres_servers: PostgresServers) -> Iterator[FurnishedChain]:
    """The chain, furnished once a test process."""
    with fresh_database(postgres_servers.of(EMBEDDED)) as ground, asyncio.Runner() as runner:
        yield runner.run(_furnish(ground))


async def _furnish(ground: GroundDatabase) -> FurnishedChain:
    async with ground.open() as database:
        chain = Chain(ground, HqApi(database))
        await chain.furnish()
        clients = chain.clients.items()
        tokens = {login: client.headers["Authorization"].removeprefix("Bearer ") for login, client in clients}
        return FurnishedChain(ground, tokens, chain.imports)
