"""The label cloud's wire: bytes written down by hand, both roles, and noise."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.esl import aims
from protocols.labels.article import (
    BLANK,
    ArticleRefused,
    ShelfArticle,
    article_hash,
    printed_price,
    read_article,
    write_article,
)

SHOP = aims.Shop("JC 06", "1111")
ARTICLE = aims.Article(article_id="tea-1", article_name="Tea", data={"PRICE": "2.50"})


@pytest.mark.parametrize(
    ("request_value", "method", "target", "body"),
    [
        (
            aims.login(aims.Login(username="box", password="secret")), "POST", "/common/api/v2/token",
            {"username": "box", "password": "secret"},
        ),
        (
            aims.put_article(SHOP, ARTICLE, "t"), "POST", "/common/api/v2/common/articles?company=JC+06&store=1111",
            [{"articleId": "tea-1", "articleName": "Tea", "data": {"PRICE": "2.50"}}],
        ),
        (
            aims.link(SHOP, "0848A722E1DB", "tea-1", "t"), "POST",
            "/common/api/v2/common/labels/link?company=JC+06&store=1111",
            {"assignList": [{"labelCode": "0848A722E1DB", "articleIdList": ["tea-1"]}]},
        ),
        (
            aims.unlink(SHOP, "0848A722E1DB", "t"), "POST",
            "/common/api/v2/common/labels/unlink?company=JC+06&store=1111", {"unAssignList": ["0848A722E1DB"]},
        ),
        (
            aims.light(SHOP, aims.Light(label_code="0848A722E1DB", color="RED", duration="30s"), "t"), "PUT",
            "/common/api/v1/labels/contents/led?company=JC+06",
            [{"labelCode": "0848A722E1DB", "color": "RED", "duration": "30s", "patternId": 0, "multiLed": False}],
        ),
        (
            aims.labels_page(SHOP, 2, "t"), "GET",
            "/common/api/v2/common/labels?company=JC+06&store=1111&page=2&size=500", None,
        ),
    ],
)  # fmt: skip
def test_requests_on_the_wire(request_value: aims.CloudRequest, method: str, target: str, body: object) -> None:
    assert (request_value.method, request_value.target) == (method, target)
    assert (msgspec.json.decode(request_value.body) if request_value.body else None) == body
    asked = aims.read_cloud_request(request_value)
    assert asked.what in ("login", "articles", "link", "unlink", "light", "labels")
    assert asked.what == "login" or asked.shop.company == SHOP.company


def test_answers_are_read() -> None:
    token = b'{"responseMessage":{"access_token":"abc","expires_in":3600,"token_type":"Bearer"},"responseCode":"200"}'
    assert aims.read_token(200, token) == aims.Token(access_token="abc", expires_in=3600)
    aims.read_done(200, b'{"responseCode":"200","responseMessage":"SUCCESS"}')
    assert aims.read_labels(204, b"") == ()
    (label,) = aims.read_labels(
        200,
        b'{"labelList":[{"labelCode":"0848A722E1DB","type":"N_1_6","status":"SUCCESS","statusUpdateTime":7,'
        b'"articleList":[{"articleId":"tea-1"}]}],"totalElements":1,"responseCode":"200","responseMessage":"SUCCESS"}',
    )
    assert (label.label_code, label.status, label.status_update_time) == ("0848A722E1DB", "SUCCESS", 7)
    assert label.article_list[0].article_id == "tea-1"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, b"<html>", "not an answer"),
        (200, b"{}", "not an answer"),
        (403, b'{"responseCode":"403","responseMessage":"COMPANY INVALID"}', "COMPANY INVALID"),
        (200, b'{"responseCode":"405","responseMessage":"PARAMETER IS INVALID"}', "405"),
        (500, b'{"responseCode":"200","responseMessage":"SUCCESS"}', "200"),
    ],
)
def test_refusals_say_why(status: int, body: bytes, why: str) -> None:
    with pytest.raises(aims.CloudRefused, match=why):
        aims.read_done(status, body)
    with pytest.raises(aims.CloudRefused):
        aims.read_token(status, body)


@given(st.integers(100, 599), st.binary(max_size=120))
def test_noise_is_refused(status: int, noise: bytes) -> None:
    if status == 204:
        return
    with pytest.raises(aims.CloudRefused):
        aims.read_labels(status, noise)


@given(st.text(max_size=60), st.binary(max_size=60))
def test_any_request_is_read_or_refused(target: str, body: bytes) -> None:
    for method in ("GET", "POST", "PUT"):
        try:
            aims.read_cloud_request(aims.CloudRequest(method, "/" + target, body))
        except (aims.CloudRefused, ValueError):
            continue


articles = st.builds(
    ShelfArticle,
    item_id=st.text(max_size=20),
    name=st.text(max_size=40),
    name_zh=st.text(max_size=20),
    price_minor=st.none() | st.integers(0, 10**9),
    minor_digits=st.integers(0, 3),
    currency=st.sampled_from(("EUR", "CNY", "JPY")),
    per_kg=st.booleans(),
    gtin=st.text("0123456789", max_size=14),
    was_minor=st.none() | st.integers(0, 10**9),
    until=st.sampled_from(("", "2026-12-24")),
    member_price_minor=st.none() | st.integers(0, 10**9),
    unit_price=st.sampled_from(("", "3.20 / 100 g")),
    out_of_stock=st.booleans(),
)


@given(articles, articles)
def test_articles_and_their_names(one: ShelfArticle, other: ShelfArticle) -> None:
    assert read_article(write_article(one)) == one
    assert (article_hash(write_article(one)) == article_hash(write_article(other))) is (one == other)
    assert len(article_hash(write_article(BLANK))) == 32


@given(st.binary(max_size=60))
def test_noise_is_no_article(noise: bytes) -> None:
    try:
        read_article(noise)
    except ArticleRefused:
        return
    assert noise.strip().startswith(b"{")


@pytest.mark.parametrize(
    ("price", "digits", "text"), [(1250, 2, "12.50"), (5, 2, "0.05"), (120, 0, "120"), (1234, 3, "1.234"), (None, 2, "")]
)
def test_prices_are_printed_from_integers(price: int | None, digits: int, text: str) -> None:
    assert printed_price(price, digits) == text
