"""Questions of stores over real TLS: whose they are, what is no question, and what nobody answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from protocols.contract.questions import AskBalance, QuestionRefused, ValueKind, decode_answer, encode_question
from tests.support.hq_ground import GroundDatabase, HqPki
from tests.support.hq_ingest import add_store, edge_api, hq_settings, https


@pytest.fixture
async def client(embedded_database: GroundDatabase, hq_pki: HqPki) -> AsyncIterator[httpx.AsyncClient]:
    async with embedded_database.open() as app:
        await add_store(app, "S001", pki=hq_pki)
        await add_store(app, "S002", pki=hq_pki)
    async with (
        edge_api(hq_settings(embedded_database, hq_pki)) as url,
        https(url, hq_pki.stores["S001"], hq_pki) as client,
    ):
        yield client


async def test_only_in_its_own_name_and_only_questions(client: httpx.AsyncClient) -> None:
    question = encode_question(AskBalance(question_id="q1", value_kind=ValueKind.POINTS, member_id="nobody"))
    foreign = await client.post("/v1/edge/S002/questions", content=question)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_your_store")
    bad = await client.post("/v1/edge/S001/questions", content=b'{"kind":"of_the_future"}')
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_question")
    answer = await client.post("/v1/edge/S001/questions", content=question)
    assert answer.status_code == 200
    assert isinstance(decode_answer(answer.content), QuestionRefused)
