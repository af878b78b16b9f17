"""Members, coupons, gift cards and clashes in a real Chromium over a real headquarters, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.support.browser import launch
from tests.support.hq_console import HqProcesses, headquarters
from tests.support.hq_ground import PostgresServers

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

WAIT_MS = 15_000
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def hq(postgres_servers: PostgresServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HqProcesses]:
    with headquarters(postgres_servers, tmp_path_factory.mktemp("members")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(hq: HqProcesses) -> AsyncIterator[Page]:
    """The administrator at a desk, logged in, on the members page."""
    async with async_playwright() as playwright:
        chromium: Browser = await launch(playwright)
        await hq.ready()
        context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", accept_downloads=True)
        context.set_default_timeout(WAIT_MS)
        page = await context.new_page()
        await page.goto(f"{hq.url}/login?after=%2Fmembers")
        await page.get_by_label("Login").fill("admin")
        await page.get_by_label("Password").fill(hq.password)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Members")).to_be_visible()
        yield page
        await chromium.close()


async def test_a_member_is_added_found_and_changed(page: Page) -> None:
    await expect(page.get_by_text("No member here")).to_be_visible()
    await page.get_by_role("button", name="Add a member").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Give a member number and a home store.")).to_be_visible()
    await page.get_by_label("Member number").fill("M-1")
    await page.get_by_label("How to address them").fill("Ms Li")
    await page.get_by_label("Phone", exact=True).fill("139 1234 5678")
    await page.get_by_label("Birthday (MM-DD)").fill("13-40")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Birthday: is no month and day")).to_be_visible()
    await page.get_by_label("Birthday (MM-DD)").fill("02-29")
    await page.get_by_label("Note for the cashier").fill("Likes oat milk")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("cell", name="Ms Li")).to_be_visible()
    await expect(page.get_by_role("cell", name="…5678")).to_be_visible()
    await page.get_by_label("Name, code, card or last digits of the phone").fill("5678")
    await expect(page.get_by_role("cell", name="Ms Li")).to_be_visible()
    await page.get_by_label("Name, code, card or last digits of the phone").fill("0000")
    await expect(page.get_by_text("No member here")).to_be_visible()
    await page.get_by_label("Name, code, card or last digits of the phone").fill("")
    await page.get_by_role("button", name="Change").click()
    await page.get_by_label("Tier").fill("gold")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("cell", name="gold", exact=True)).to_be_visible()


async def test_coupons_are_shown_once(page: Page, hq: HqProcesses) -> None:
    await page.get_by_role("link", name="Coupons").click()
    await expect(page.get_by_text("No coupons yet")).to_be_visible()
    await page.get_by_role("button", name="Issue coupons").click()
    await page.get_by_label("Promotion").fill("P7")
    await page.get_by_label("How many").fill("3")
    await page.get_by_role("button", name="Issue", exact=True).click()
    await expect(page.get_by_text("These codes are shown only now")).to_be_visible()
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="CSV file").click()
    lines = (await (await downloading.value).path()).read_text(encoding="utf-8-sig").splitlines()
    assert [len(line.split(",")[0]) for line in lines[1:]] == [14, 14, 14]
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("cell", name="P7")).to_be_visible()
    code = lines[1].split(",")[0]
    with hq.ground.owner() as owner:
        found = owner.execute("SELECT count(*) FROM value_account WHERE account_id || key || tail LIKE %s", (f"%{code}%",))
        assert found.fetchone() == (0,), "the code itself is kept nowhere"


async def test_a_gift_card_is_issued_and_blocked(page: Page) -> None:
    await page.get_by_role("link", name="Gift cards").click()
    await page.get_by_role("button", name="Issue a gift card").click()
    await page.get_by_label("Amount").fill("50")
    await page.get_by_role("button", name="Issue", exact=True).click()
    await expect(page.get_by_text("The number is shown only now")).to_be_visible()
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("cell", name="50.00").first).to_be_visible()
    await page.get_by_role("button", name="Block", exact=True).click()
    await expect(page.get_by_text("blocked", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Unblock").click()
    await expect(page.get_by_text("good to use")).to_be_visible()


def clash_arrives(hq: HqProcesses, tail: str) -> None:
    """As ingest writes it."""
    with hq.ground.owner() as owner:
        owner.execute(
            "INSERT INTO stored_value_clash (store_id, sale_id, value_kind, tail, amount, short, why, at_ms)"
            " VALUES ('S002', %s, 'gift_card', %s, 700, 400, 'overdrawn', 1)",
            (f"sale-{tail}", tail),
        )


async def test_a_clash_is_looked_at_while_another_one_arrives(page: Page, hq: HqProcesses) -> None:
    clash_arrives(hq, "2345")
    await page.get_by_role("link", name="Clashes").click()
    await expect(page.get_by_role("cell", name="Gift card …2345")).to_be_visible()
    await page.get_by_role("button", name="Looked at").click()
    await page.get_by_label("In a few words").fill("written off")
    clash_arrives(hq, "6789")
    await expect(page.get_by_role("cell", name="Gift card …6789")).to_be_visible()
    await page.get_by_role("button", name="Save").click()  # the form outlives the table it was opened from
    await expect(page.get_by_role("cell", name="Gift card …2345")).to_have_count(0)
    await page.get_by_text("Also those that were looked at").click()
    await expect(page.get_by_text("admin: written off")).to_be_visible()
