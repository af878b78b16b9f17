"""A promotion in a real Chromium: written in plain words, tried on a basket and a past day, given to stores, recalled."""

from __future__ import annotations

import datetime
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from protocols.contract.feed_rows import PromotionRow, decode_row
from protocols.promotions.bundle import Bundle
from protocols.promotions.kinds.n_for_m import NForM
from tests.support.browser import launch
from tests.support.hq_console import HqProcesses, headquarters
from tests.support.hq_ground import PostgresServers
from tests.support.past_sales import Sold, put_sale

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WAIT_MS = 20_000
expect.set_options(timeout=WAIT_MS)
PICTURES = os.environ.get("TALLYSTICK_PICTURES", "")
"""A folder for pictures of what the test saw; none by default."""


@pytest.fixture(scope="module")
def hq(postgres_servers: PostgresServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HqProcesses]:
    """One headquarters for all tests here, whose stores sold something yesterday."""
    with headquarters(postgres_servers, tmp_path_factory.mktemp("promotions")) as running:
        yesterday = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1)
        with running.owner() as owner:
            for number in range(60):
                lines = [Sold("A000001", 3, 99), Sold(f"A0000{number % 20 + 10}", 1 + number % 2, 249)]
                put_sale(
                    owner, f"S00{number % 2 + 1}", f"s-{number:04}", yesterday, lines, member_id="m" if number % 3 else None
                )
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium(hq: HqProcesses) -> AsyncIterator[Browser]:
    """One Chromium for all tests here."""
    async with async_playwright() as playwright:
        running = await launch(playwright)
        await hq.ready()
        yield running
        await running.close()


async def logged_in(chromium: Browser, hq: HqProcesses, login: str, password: str) -> Page:
    """Somebody at a desk, on the page of promotions."""
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(WAIT_MS)
    page = await context.new_page()
    await page.goto(f"{hq.url}/login?after=%2Fpromotions")
    await page.get_by_label("Login").fill(login)
    await page.get_by_label("Password").fill(password)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Promotions")).to_be_visible()
    return page


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


async def begin(page: Page, name: str, kind: str) -> None:
    """A new promotion, on its own page."""
    await page.get_by_role("button", name="New promotion").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name of the promotion").fill(name)
    await dialog.get_by_role("button", name=kind, exact=True).click()
    await picture(page, f"new-{kind}")
    await dialog.get_by_role("button", name="Begin").click()
    await page.wait_for_url("**/promotions/*-*")
    await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def bundle_of(hq: HqProcesses, store_id: str) -> Bundle:
    """What the box of a store makes of the feed."""
    with hq.owner() as owner:
        rows = owner.execute("SELECT body FROM feed_row WHERE feed_id = 'zone/north/promotion'").fetchall()
    found = [row for (body,) in rows if isinstance(row := decode_row(bytes(body)), PromotionRow)]
    return Bundle.of(bytes(row.rule) for row in found if row.given_to(store_id))


async def test_three_for_two_is_written_tried_replayed_given_to_a_store_then_to_all_and_recalled(
    chromium: Browser, hq: HqProcesses
) -> None:
    page = await logged_in(chromium, hq, "admin", hq.password)
    await expect(page.get_by_text("No promotion yet")).to_be_visible()
    await picture(page, "empty")
    await begin(page, "Three for two", "N for M")
    told = page.locator(".promotion-sentence")
    await expect(told).to_have_text("Take 3, pay 2: the cheapest are free · all goods")
    await page.get_by_label("Pay").fill("1")
    await expect(told).to_have_text("Take 3, pay 1: the cheapest are free · all goods")
    await page.get_by_label("Pay").fill("2")
    await page.get_by_label("Name in Chinese").fill("三件付二")
    await page.get_by_role("button", name="Find goods").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Search items").fill("A000001")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_text("Added:")).to_be_visible()
    await dialog.get_by_role("button", name="Done").click()
    await expect(told).to_contain_text("the cheapest are free ·")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()

    tried = page.locator(".promotion-try")
    await expect(tried.get_by_text("Three for two saves €0.99")).to_be_visible()
    await tried.get_by_role("button", name="one less").first.click()
    await expect(tried.get_by_text("1 of 3 pieces missing")).to_be_visible()
    await picture(page, "basket")

    await page.get_by_role("button", name="Price the day again").click()
    replay = page.locator(".promotion-what-if")
    await expect(replay.locator(".figure").filter(has_text="baskets with this promotion")).to_contain_text("60 (100.0 %)")
    await expect(replay.locator(".figure").filter(has_text="change of revenue")).to_contain_text("-€59.40")
    await expect(replay.locator("canvas")).to_be_visible()
    await picture(page, "what-if")

    checked = page.locator(".promotion-check")
    await checked.get_by_role("button", name="Check", exact=True).click()
    await checked.get_by_role("button", name="Publish").click()
    await dialog.get_by_role("combobox", name="Stores").click()
    await page.get_by_role("option", name="(S001)").click()
    await dialog.get_by_role("heading").click()
    await picture(page, "publish")
    await dialog.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("to come: 1 store").first).to_be_visible()
    (rule,) = bundle_of(hq, "S001").promotions
    assert isinstance(rule, NForM)
    assert (rule.take, rule.pay, rule.name_zh, rule.scope.items) == (3, 2, "三件付二", ("A000001",))
    assert bundle_of(hq, "S002").hash == ""

    await checked.get_by_role("button", name="Give it to more stores").click()
    await dialog.get_by_role("button", name="All stores of the zone").click()
    await dialog.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("to come: all stores").first).to_be_visible()
    assert bundle_of(hq, "S002").hash == bundle_of(hq, "S001").hash != ""
    await picture(page, "published")
    await page.get_by_role("link", name="‹ Promotions").click()
    await expect(page.get_by_role("row").filter(has_text="Three for two")).to_contain_text("to come: all stores")
    await picture(page, "list")
    await page.get_by_role("link", name="Three for two").click()

    await checked.get_by_role("button", name="Recall").click()
    await dialog.get_by_label("Reason").fill("wrong goods")
    await dialog.get_by_role("button", name="Recall").click()
    await expect(page.get_by_role("row").filter(has_text="wrong goods")).to_contain_text("recalled")
    assert bundle_of(hq, "S001").hash == ""
    await page.context.close()


async def test_half_of_everything_needs_a_second_person_and_every_kind_has_a_form(
    chromium: Browser, hq: HqProcesses
) -> None:
    page = await logged_in(chromium, hq, "admin", hq.password)
    await begin(page, "Give away", "Percent off")
    await page.get_by_label("Off", exact=True).fill("60")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.get_by_text("60 % off each piece · all goods")).to_be_visible()
    checked = page.locator(".promotion-check")
    await checked.get_by_role("button", name="Check", exact=True).click()
    await expect(checked.get_by_text("Up to 6")).to_contain_text("the guard rail is 50 %")
    await checked.get_by_role("button", name="Ask for approval").click()
    await expect(checked.get_by_text("You made it: somebody else approves it.")).to_be_visible()
    await picture(page, "approval")
    added = hq._run("user", "add", "mei", "--name", "Mei", "--role", "pricing")
    second = await logged_in(chromium, hq, "mei", added.split("password ")[1].split()[0])
    await second.get_by_role("link", name="Give away").click()
    await second.locator(".promotion-check").get_by_role("button", name="Approve").click()
    await expect(checked.get_by_role("button", name="Publish")).to_be_visible()
    await second.context.close()
    for kind, sentence in (
        ("Spend and save", "Spend €300.00, save €40.00"),
        ("Bundle", "A bundle of 2 pieces for €8.00"),
        ("Coupon", "Coupon: €5.00 off, from €30.00 on"),
        ("Gift", "Spend €50.00: 1 gift free"),
    ):
        await page.goto(f"{hq.url}/promotions")
        await begin(page, f"A {kind}", kind)
        await expect(page.locator(".promotion-sentence")).to_contain_text(sentence)
        await picture(page, f"kind-{kind.split()[0]}")
    await page.get_by_role("button", name="中文").click()
    await expect(page.locator(".promotion-sentence")).to_contain_text("满 €50.00 赠 1 件")
    await picture(page, "chinese")
    await page.context.close()
