"""Label templates at headquarters: versions that never change, publication to some stores and to all, rollback, refusals."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import msgspec
import psycopg
import pytest
from msgspec import structs
from PIL import Image
from psycopg.rows import TupleRow

from cloud.db.pool import Scope
from cloud.demo_goods import seed
from cloud.stores import service as stores
from cloud.stores.domain import StoreSettings
from cloud.users.domain import Role
from protocols.contract.feed_rows import TEMPLATES_FEED, LabelTemplateRow, decode_row
from protocols.contract.values import ClockQuality
from protocols.labels.built_in import built_in
from protocols.labels.template import Area, Purpose
from tests.support.hq_api import HqApi
from tests.support.hq_ground import GroundDatabase

V1 = "/api/v1"


def drawn(purpose: Purpose = Purpose.REGULAR, **changes: object) -> dict[str, object]:
    """The built-in template of a purpose as JSON, with some fields changed."""
    body: dict[str, object] = msgspec.json.decode(msgspec.json.encode(built_in(purpose)))
    return body | changes


@dataclass
class Desk:
    """An administrator at the API of a chain with two stores; `owner` writes what ingest would."""

    api: HqApi
    admin: httpx.AsyncClient
    owner: psycopg.Connection[TupleRow]

    async def save(self, template: dict[str, object], after: int, template_id: str = "plain") -> httpx.Response:
        body = {"template": template, "after_version": after}
        return await self.admin.post(f"{V1}/templates/{template_id}/versions", json=body)

    async def publish(self, version: int, *store_ids: str, template_id: str = "plain") -> httpx.Response:
        url = f"{V1}/templates/{template_id}/versions/{version}/publications"
        return await self.admin.post(url, json={"stores": store_ids, "reason": "looks better"})

    def feed(self) -> list[LabelTemplateRow]:
        """What stores hold, the first published first."""
        rows = self.owner.execute("SELECT body FROM feed_row WHERE feed_id = %s", (TEMPLATES_FEED,)).fetchall()
        found = [decode_row(bytes(body)) for (body,) in rows]
        assert all(isinstance(row, LabelTemplateRow) for row in found)
        return sorted((row for row in found if isinstance(row, LabelTemplateRow)), key=lambda row: row.published_ms)

    def held(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(row.template.mark, row.stores) for row in self.feed()]


@pytest.fixture
async def desk(embedded_database: GroundDatabase) -> AsyncIterator[Desk]:
    async with embedded_database.open() as database:
        api = HqApi(database)
        async with database.transaction(Scope.everything()) as tx:
            await seed(tx, now_ms=api.clock.now_ms(), items=10)
            for store_id in ("S001", "S002"):
                new = StoreSettings(store_id, store_id, "north", "Europe/Berlin")
                await stores.add_store(tx, new, now_ms=api.clock.now_ms())
        with embedded_database.owner() as owner:
            yield Desk(api, await api.person(), owner)


async def test_versions_are_counted_kept_and_never_overwritten(desk: Desk) -> None:
    first = await desk.save(drawn(), 0)
    assert first.json() == {"template_id": "plain", "version": 1, "unchanged": False}
    assert (await desk.save(drawn(), 1)).json()["unchanged"] is True
    second = await desk.save(drawn(name="With a frame"), 1)
    assert second.json()["version"] == 2
    late = await desk.save(drawn(name="Mine"), 1)
    assert late.status_code == 409
    assert late.json()["code"] == "newer_version"
    assert (await desk.save(drawn(Purpose.PROMOTION), 2)).json()["code"] == "other_purpose"
    shown = (await desk.admin.get(f"{V1}/templates/plain")).json()
    assert [(row["version"], row["name"]) for row in shown["versions"]] == [(2, "With a frame"), (1, "Regular price")]
    kept = (await desk.admin.get(f"{V1}/templates/plain/versions/1")).json()["template"]
    assert kept == drawn(template_id="plain", version=1)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.owner.execute("UPDATE label_template_version SET body = ''")


async def test_what_is_no_template_is_refused_with_the_field(desk: Desk) -> None:
    wrong = drawn()
    wrong["layouts"][0]["elements"][0]["area"]["x"] = "left"  # type: ignore[index]
    answer = await desk.save(wrong, 0)
    assert answer.status_code == 422
    assert "$.layouts[0].elements[0].area.x" in answer.json()["detail"]
    assert (await desk.save(drawn(name=" "), 0)).json()["errors"][0]["pointer"].endswith("name")
    assert (await desk.save(drawn(), 0, template_id="Big_One")).status_code == 422
    assert (await desk.publish(1)).status_code == 404


async def test_a_trial_in_one_store_then_everywhere_and_back_again(desk: Desk) -> None:
    for after, name in enumerate(("One", "Two", "Three")):
        assert (await desk.save(drawn(name=name), after)).status_code == 200
    assert (await desk.publish(1)).status_code == 200
    assert desk.held() == [("plain@1", ())]
    trial = await desk.publish(2, "S002")
    assert trial.status_code == 200
    assert desk.held() == [("plain@1", ()), ("plain@2", ("S002",))]
    again = await desk.publish(2)
    assert desk.held() == [("plain@1", ()), ("plain@2", ())], "the former one stays for boxes that cannot draw the new one"
    rolled = await desk.admin.post(f"{V1}/template-publications/{again.json()['publication']}/rollback", json={})
    assert rolled.status_code == 200, rolled.text
    assert desk.held() == [("plain@1", ()), ("plain@2", ("S002",))], "exactly what stores held before"
    back = await desk.admin.post(f"{V1}/template-publications/{rolled.json()['publication']}/rollback", json={})
    assert desk.held() == [("plain@1", ()), ("plain@2", ())], "a rollback can be rolled back"
    stale = await desk.admin.post(f"{V1}/template-publications/{trial.json()['publication']}/rollback", json={})
    assert stale.json()["code"] == "not_the_latest"
    page = (await desk.admin.get(f"{V1}/template-publications")).json()["rows"]
    assert [row["publication"] for row in page] == [5, 4, 3, 2, 1]
    assert page[0]["rollback_of"] == 4
    assert page[1]["rolled_back"] is True
    assert page[0]["feed_version"] == back.json()["feed_version"]


async def test_another_template_of_the_purpose_takes_over(desk: Desk) -> None:
    await desk.save(drawn(), 0)
    await desk.save(drawn(Purpose.PROMOTION), 0, "offers")
    await desk.save(drawn(name="Winter"), 0, "winter")
    for template_id in ("plain", "offers", "winter"):
        assert (await desk.publish(1, template_id=template_id)).status_code == 200
    assert desk.held() == [("plain@1", ()), ("offers@1", ()), ("winter@1", ())]
    found = (await desk.admin.get(f"{V1}/templates")).json()["rows"]
    regular = next(row for row in found if row["purpose"] == "regular")
    assert [row["template_id"] for row in regular["placed"]] == ["winter", "plain"], "the latest first: it is in use"
    assert [row["template_id"] for row in regular["templates"]] == ["plain", "winter"]


async def test_a_clock_set_back_lets_no_old_template_win(desk: Desk) -> None:
    await desk.save(drawn(), 0)
    await desk.save(drawn(name="Two"), 1)
    await desk.publish(1)
    desk.api.clock.step_wall(-60_000, ClockQuality.SYNCED)
    await desk.publish(2)
    assert desk.held()[-1] == ("plain@2", ())


async def test_who_may_and_to_whom(desk: Desk) -> None:
    await desk.save(drawn(), 0)
    unknown = await desk.publish(1, "S001", "S999")
    assert unknown.status_code == 422
    assert "S999" in unknown.json()["detail"]
    viewer = await desk.api.person(Role.VIEWER)
    url = f"{V1}/templates/plain/versions/1/publications"
    assert (await viewer.post(url, json={})).status_code == 403
    some = await desk.api.person(Role.PRICING, ("S001",))
    assert (await some.post(url, json={"stores": ["S001"]})).status_code == 403
    assert desk.held() == []
    await desk.publish(1, "S001", "S002")
    seen = (await some.get(f"{V1}/template-publications")).json()["rows"][0]
    assert (seen["stores"], seen["store_count"], seen["concerned_count"]) == (["S001"], 2, 1)


async def test_a_template_stores_were_given_stays_another_may_go(desk: Desk) -> None:
    await desk.save(drawn(), 0)
    await desk.save(drawn(), 0, "unused")
    await desk.publish(1)
    assert (await desk.admin.delete(f"{V1}/templates/plain")).json()["code"] == "was_published"
    assert (await desk.admin.delete(f"{V1}/templates/unused")).status_code == 200
    assert (await desk.admin.get(f"{V1}/templates/unused")).status_code == 404


async def test_how_far_a_publication_has_come(desk: Desk) -> None:
    await desk.save(drawn(), 0)
    version = (await desk.publish(1)).json()["feed_version"]
    desk.owner.execute(
        "INSERT INTO store_feed (store_id, feed_id, epoch, version, state_hash, status)"
        " SELECT 'S002', feed_id, epoch, %s, state_hash, 'ok' FROM feed WHERE feed_id = %s",
        (version, TEMPLATES_FEED),
    )
    row = (await desk.admin.get(f"{V1}/template-publications")).json()["rows"][0]
    assert (row["concerned_count"], row["applied_count"]) == (2, 1)


def broken(**changes: object) -> dict[str, object]:
    """The built-in template with something changed in the price of its first layout."""
    template = built_in(Purpose.REGULAR)
    layout = template.layouts[0]
    price = next(each for each in layout.elements if each.name == "price")
    elements = tuple(structs.replace(each, **changes) if each is price else each for each in layout.elements)
    layouts = (structs.replace(layout, elements=elements), *template.layouts[1:])
    return msgspec.json.decode(msgspec.json.encode(structs.replace(template, layouts=layouts, template_id="plain")))


async def test_what_cannot_be_drawn_everywhere_is_refused_with_the_place(desk: Desk) -> None:
    too_small = broken(area=Area(x=700, y=400, width=80, height=120), size_min_px=30)
    assert (await desk.save(too_small, 0)).status_code == 200, "a draft may be saved"
    refused = await desk.publish(1)
    assert refused.status_code == 422
    places = [error["pointer"] for error in refused.json()["errors"]]
    assert places
    assert all(place.endswith("/price") for place in places), places
    assert 'M2 2.9"' in refused.json()["errors"][0]["pointer"]
    assert "does not fit" in refused.json()["errors"][0]["detail"]
    assert desk.held() == []
    found = (await desk.admin.post(f"{V1}/template-checks", json={"template": too_small})).json()
    errors = [each for each in found["findings"] if each["severity"] == "error"]
    assert {each["element"] for each in errors} == {"price"}
    assert found["drawn_count"] > len(errors)
    assert (await desk.admin.put(f"{V1}/label-panels", json={"hardware_types": [0]})).status_code == 200
    assert (await desk.publish(1)).status_code == 200, "the only kind of label in use is drawn with another layout"


async def test_a_rule_that_is_broken_is_told_before_it_is_saved(desk: Desk) -> None:
    beyond = await desk.save(broken(area=Area(x=900, width=400)), 0)
    assert beyond.status_code == 422
    assert "strip/price" in beyond.json()["errors"][0]["pointer"]
    assert (await desk.save(drawn(), 0, template_id="built-in-mine")).status_code == 422


async def test_a_name_with_a_character_no_font_has_is_found_before_a_store_does(desk: Desk) -> None:
    await desk.save(drawn(), 0)
    assert (await desk.publish(1)).status_code == 200
    desk.owner.execute("UPDATE item SET name = name || %s WHERE item_id = 'W107'", ("\U00013000",))
    refused = await desk.publish(1, "S001")
    assert refused.status_code == 422
    assert "W107" in refused.json()["detail"]
    assert "U+13000" in refused.json()["detail"]


async def test_a_preview_shows_every_kind_of_label_for_the_goods_asked_for(desk: Desk) -> None:
    kinds = {"hardware_types": [1, 54]}
    body = {"template": drawn(Purpose.PROMOTION, template_id="", version=0), "item_id": "A000002", "zone": "north", **kinds}
    found = (await desk.admin.post(f"{V1}/template-previews", json=body)).json()
    assert found["item_id"] == "A000002"
    assert [row["hardware_type"] for row in found["pictures"]] == [1, 54]
    for row in found["pictures"]:
        with Image.open(io.BytesIO(base64.b64decode(row["picture"]))) as picture:
            assert picture.size == (row["width"], row["height"])
    wrong = {"template": broken(area=Area(width=10, height=10)), **kinds}
    small = (await desk.admin.post(f"{V1}/template-previews", json=wrong)).json()["pictures"]
    assert [(row["picture"], row["element"]) for row in small if row["hardware_type"] == 1] == [("", "price")]
    nothing = {"template": drawn(), "item_id": "NONE"}
    assert (await desk.admin.post(f"{V1}/template-previews", json=nothing)).status_code == 422


async def test_kinds_of_labels_in_use(desk: Desk) -> None:
    everything = (await desk.admin.get(f"{V1}/label-panels")).json()["rows"]
    assert all(row["in_use"] for row in everything)
    assert (await desk.admin.put(f"{V1}/label-panels", json={"hardware_types": [1, 54]})).status_code == 200
    chosen = (await desk.admin.get(f"{V1}/label-panels")).json()["rows"]
    assert [row["hardware_type"] for row in chosen if row["in_use"]] == [1, 54]
    assert (await desk.admin.put(f"{V1}/label-panels", json={"hardware_types": [999]})).status_code == 422
