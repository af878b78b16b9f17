"""The bench page in a real Chromium over a real box: what a hand does there is what the till shows, in both languages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from simulators import control
from simulators.control_shapes import ActiveFault
from simulators.scenario.page import timeline
from simulators.scenario.reading import read_scenario
from simulators.scenario.wire import play_wire
from tests.support.bench_ground import RunningBench, box_on, running_bench, store_toml
from tests.support.browser import SIZES, browser, context, type_by_hand  # noqa: F401 - fixtures by name
from tests.support.goods import ANN, PIN

pytestmark = pytest.mark.browser

SLOW_MS = 20_000
FITS = "document.documentElement.scrollWidth <= innerWidth"
HAN = re.compile(r"[一-鿿]")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[RunningBench]:
    async with running_bench(tmp_path, store_toml(bad_lines=True)) as running:
        yield running


async def opened(page: Page, url: str) -> Page:
    page.set_default_timeout(SLOW_MS)
    await page.goto(url)
    await expect(page.locator("#device-scanner-1")).to_be_visible(timeout=SLOW_MS)
    return page


async def log_in(till: Page) -> None:
    await till.locator("#number-field").click()
    await type_by_hand(till, ANN)
    await till.keyboard.press("ArrowDown")
    await type_by_hand(till, PIN)
    await till.keyboard.press("Enter")
    await expect(till.locator("body")).to_have_attribute("data-screen", "shift", timeout=SLOW_MS)
    await till.keyboard.press("Enter")
    await type_by_hand(till, "100")
    await till.keyboard.press("Enter")
    await expect(till.locator("body")).to_have_attribute("data-screen", "sale", timeout=SLOW_MS)


async def test_a_hand_on_the_bench_is_seen_at_the_till(
    context: BrowserContext,  # noqa: F811
    here: RunningBench,
    tmp_path: Path,
) -> None:
    box = box_on(tmp_path, here.settings)
    box.start()
    await box.ready()
    try:
        till = await context.new_page()
        await till.goto(f"{box.url}/till/1")
        await expect(till.locator("body")).to_have_attribute("data-screen", "login", timeout=SLOW_MS)
        bench = await opened(await context.new_page(), here.url)
        codes = bench.locator("#device-scanner-1 .codes button")
        await codes.filter(has_text="Milk").click()
        await expect(till.locator("#notices")).to_contain_text("Log in first", timeout=SLOW_MS)
        await till.bring_to_front()
        await log_in(till)
        await bench.bring_to_front()
        await codes.filter(has_text="Milk").click()
        await expect(till.locator("#lines > *")).to_have_count(1, timeout=SLOW_MS)
        scale = bench.locator("#device-scale-2")
        await scale.locator(".goods .thing", has_text="Apples").drag_to(scale.locator(".platter"))
        await expect(scale.locator(".display")).to_contain_text("1.235 kg")
        await expect(till.locator("body")).to_contain_text("1.235 kg", timeout=SLOW_MS)
        await codes.filter(has_text="Apples").click()
        await expect(till.locator("#lines > *")).to_have_count(2, timeout=SLOW_MS)
        await bench.get_by_label("A code").fill("4006381333930")
        await bench.keyboard.press("Enter")
        await expect(till.locator("#notices")).to_contain_text("4006381333930", timeout=SLOW_MS)
        await till.bring_to_front()
        await till.keyboard.press("F9")
        await expect(till.locator("#sheet")).to_be_visible(timeout=SLOW_MS)
        await bench.bring_to_front()
        await codes.filter(has_text="Milk").click()
        await till.bring_to_front()
        await expect(till.locator("#waiting")).to_contain_text("1 scan waits", timeout=SLOW_MS)
        await expect(till.locator("#lines > *")).to_have_count(2)
        await till.keyboard.press("Escape")
        await expect(till.locator("#lines > *")).to_have_count(3, timeout=SLOW_MS)
        await expect(till.locator("#waiting")).to_be_hidden()
        await till.keyboard.press("F9")
        await type_by_hand(till, "50")
        await till.keyboard.press("Enter")
        await expect(till.locator("#paid")).to_be_visible(timeout=SLOW_MS)
        await bench.bring_to_front()
        await expect(bench.locator("#device-printer-1 .strip img")).to_have_count(1, timeout=SLOW_MS)
        await expect(bench.get_by_text("The drawer is open")).to_be_visible()
        await bench.get_by_role("button", name="Push it shut").click()
        await expect(bench.get_by_text("The drawer is open")).to_be_hidden()
    finally:
        await box.stop()


async def test_faults_and_portals(context: BrowserContext, here: RunningBench) -> None:  # noqa: F811
    page = await opened(await context.new_page(), here.url)
    await expect(page.locator("#faults")).to_have_text("No fault is switched on.")
    for device in ("scale-1", "printer-1", "labels-1"):
        await page.locator(f"#device-{device} .faults summary").click()
    await page.locator("#device-printer-1").get_by_role("button", name="paper out").click()
    await page.locator("#device-scale-1").get_by_role("button", name="in motion").click()
    await page.locator("#device-labels-1").get_by_role("button", name="busy (409)").click()
    slow = page.locator("#device-scale-1 .faults label", has_text="slow (ms)").locator("input")
    await slow.fill("40")
    await slow.press("Enter")
    await expect(page.locator("#faults .chip")).to_have_count(4)
    assert here.bench.printers["printer-1"].condition.paper_out
    assert {fault.fault for fault in _faults(here)} == {"paper_out", "held", "busy", "delay_ms"}
    await expect(page.locator("#device-scale-1 summary")).to_contain_text("2 on")
    await page.get_by_role("button", name="Put everything in order").click()
    await expect(page.locator("#faults")).to_have_text("No fault is switched on.")
    assert _faults(here) == ()
    await page.locator("#script summary").click()
    await expect(page.locator("#script-lines")).to_contain_text("fault: {line: scale-1, fault: delay_ms, value: 40}")
    await page.locator("#script-kind").select_option("curl")
    await expect(page.locator("#script-lines")).to_contain_text('"fault":"delay_ms","value":40,"line":true')
    tag = page.locator("#device-labels-1 .tag").first
    await tag.click()
    await expect(tag).to_have_class(re.compile("silent"))
    await check_portals_appear_when_the_bench_has_readers(context, here)


async def check_portals_appear_when_the_bench_has_readers(context: BrowserContext, here: RunningBench) -> None:  # noqa: F811
    """The page's half of the readers' API, answered here by the test."""
    sent: list[str] = []
    walked: list[str] = []
    page = await context.new_page()

    view = {
        "id": "dock", "kind": "llrp", "faults": {"silent": False}, "walks": ["in", "tail_gate"], "rows_waiting": 7,
        "outputs": [{"port": 1, "high": True}, {"port": 2, "high": False}], "inputs": [{"port": 1, "high": False}],
        "antennas": [{"antenna": 1, "connected": True}, {"antenna": 2, "connected": False}],
    }  # fmt: skip

    async def readers(route: Route) -> None:
        await route.fulfill(json=[view])

    async def reads(route: Route) -> None:
        await route.fulfill(json=[{"epc": "30AB", "antenna": 2, "rssi_dbm": -51, "at_ms": 1, "reads": 9}])

    async def walks(route: Route) -> None:
        walked.append(route.request.post_data or "")
        await route.fulfill(status=204)

    async def passes(route: Route) -> None:
        sent.append(route.request.post_data or "")
        await route.fulfill(status=204)

    await page.route("**/readers", readers)
    await page.route("**/readers/dock/passes", passes)
    await page.route("**/readers/dock/reads", reads)
    await page.route("**/readers/dock/walks", walks)
    await opened(page, here.url)
    portal = page.locator("#device-dock")
    await expect(portal).to_be_visible()
    await portal.get_by_label("How many").fill("3")
    await portal.get_by_role("button", name="Tag them").click()
    await portal.get_by_role("button", name="In, to the store").click()
    await expect(page.locator("#script-count")).to_have_text("1")
    assert len(sent) == 1
    assert re.fullmatch(r'\{"epcs":\["30[0-9A-F]{22}"(,"30[0-9A-F]{22}"){2}\],"direction":"in"\}', sent[0])

    await portal.get_by_label("Walk").select_option(label="two out, close behind each other")
    await portal.get_by_label("Speed (mm/s)").fill("900")
    await portal.get_by_role("button", name="Walk", exact=True).click()
    await expect(page.locator("#script-count")).to_have_text("2")
    assert re.search(r'"walk":"tail_gate","speed_mm_per_s":900}', walked[0])
    await expect(portal.locator(".read")).to_contain_text(["30ABantenna 2-51 dBm× 9"])
    await expect(portal.locator("h2 small, small").first).to_contain_text("7 reads wait")
    lamps = portal.locator(".ports", has_text="Outputs").locator("button")
    assert [await lamps.nth(at).get_attribute("aria-pressed") for at in range(2)] == ["true", "false"]


async def test_what_was_done_by_hand_is_a_scenario_that_does_the_same(
    context: BrowserContext,  # noqa: F811
    here: RunningBench,
    tmp_path: Path,
) -> None:
    """Hands, keys and faults on the page; the file it saves, played on a fresh bench, ends in the same state."""
    page = await opened(await context.new_page(), here.url)
    await page.locator("#device-scanner-1 .codes button").filter(has_text="Milk").click()
    scale = page.locator("#device-scale-1")
    await scale.locator(".goods .thing", has_text="Apples").focus()
    await page.keyboard.press("Enter")  # every hand on this page is a key, too
    await expect(scale.locator(".display")).to_contain_text("1.235 kg")
    await scale.get_by_role("button", name="Tare", exact=True).click()
    for device, fault in (("printer-1", "paper out"), ("scale-2", "in motion"), ("labels-1", "busy (409)")):
        await page.locator(f"#device-{device} .faults summary").click()
        await page.locator(f"#device-{device}").get_by_role("button", name=fault).click()
    await page.locator("#device-labels-1 .tag").first.click()
    late = page.locator("#device-printer-1 .faults label", has_text="slow (ms)").locator("input")
    await late.fill("30")
    await late.press("Enter")
    await expect(page.locator("#faults .chip")).to_have_count(4)
    await page.locator("#script summary").click()
    async with page.expect_download() as saving:
        await page.locator("#script-save").click()
    saved = tmp_path / "scenario.yaml"
    await (await saving.value).save_as(saved)
    scenario = read_scenario(saved)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    async with running_bench(fresh, store_toml(bad_lines=True)) as there:
        outcome, chronicle = await play_wire(replace(scenario, keep=True), there.url, None)
        assert outcome.failures == ()
        assert _what_matters(there) == _what_matters(here)
    await check_the_timeline_offline(context, timeline(outcome, chronicle.events), tmp_path)


def _what_matters(here: RunningBench) -> object:
    scale, labels = here.bench.scales["scale-1"], here.bench.access_points["labels-1"]
    silent = sorted(view.mac for view in labels.views(brief=True).labels if view.silent)
    return (scale.load_grams, scale.cell.tare_grams, here.bench.scanners["scanner-1"].scans, silent, _faults(here))


async def check_the_timeline_offline(context: BrowserContext, page_text: str, tmp_path: Path) -> None:  # noqa: F811
    """One file, no network: lanes, a fault as a bar, an event found, the scenario to play again."""
    path = tmp_path / "timeline.html"
    path.write_text(page_text, encoding="utf-8")
    await context.set_offline(True)
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(path.as_uri())
    await expect(page.locator("#verdict")).to_have_text("as it should be")
    await expect(page.locator("#lanes svg .name", has_text="printer-1")).to_have_count(1)
    await expect(page.locator("#lanes svg .outage").first).to_be_attached()
    await page.locator("#find").fill("load_grams")
    await expect(page.locator("#rows tr")).to_have_count(1)
    await expect(page.locator("#rows")).to_contain_text("1235")
    await page.locator("#lanes svg circle.fault").first.click()
    await expect(page.locator("#rows tr.here")).to_have_count(1)
    await expect(page.locator("#yaml")).to_contain_text("paper_out")
    assert asked == [path.as_uri()]
    await context.set_offline(False)


def _faults(here: RunningBench) -> tuple[ActiveFault, ...]:
    return control.state(here.bench).faults


async def test_it_fits_both_sizes_in_both_languages(browser: Browser, here: RunningBench) -> None:  # noqa: F811
    width, height = SIZES["phone"]
    chinese = await browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    page = await opened(await chinese.new_page(), here.url)
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.locator("h1")).to_have_text("模拟器工作台")
    await expect(page.locator("#portals")).to_be_hidden()
    for summary in await page.locator("details:not(#script) > summary").all():
        await summary.click()
    words = await page.evaluate("[...document.querySelectorAll('button, summary, label')].map((each) => each.innerText)")
    assert [text for text in words if re.search(r"[a-z]{3}", text) and not HAN.search(text)] == ["English"]
    assert await page.evaluate(FITS)
    await page.set_viewport_size({"width": SIZES["touch"][0], "height": SIZES["touch"][1]})
    assert await page.evaluate(FITS)
    await page.locator("#language").click()
    await expect(page.locator("h1")).to_have_text("Simulator bench")
    await expect(page.locator("#device-scale-1 .goods .thing").first).to_contain_text("Apples")
    assert await page.evaluate(FITS)
    await page.set_viewport_size({"width": width, "height": height})
    assert await page.evaluate(FITS)
    await chinese.close()
