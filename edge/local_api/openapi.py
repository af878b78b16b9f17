"""The API's description: OpenAPI 3.1 and a small page for people, both made from the route table."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import msgspec

from edge.local_api.endpoint import Endpoint, Text
from edge.local_api.problems import PROBLEM_JSON, Problem

Schema = dict[str, object]
"""A JSON schema, as msgspec makes it; only ever encoded."""


def document(endpoints: Sequence[Endpoint], software: str) -> bytes:
    """The OpenAPI document as JSON."""
    types = _types(endpoints)
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, Schema]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schema_of)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Tallystick store box",
                "version": software,
                "description": "Screens of a store talk to its box through this. Tills also use the WebSocket "
                "`/v1/tills/{till_id}/ws`: it takes TillRequest and sends TillAnswer and TillPush. A display for the "
                "customer listens at `/v1/tills/{till_id}/customer/ws` and shows each CustomerState.",
            },
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {"staffKey": {"type": "http", "scheme": "bearer"}},
            },
        }
    )


def _types(endpoints: Sequence[Endpoint]) -> list[object]:
    found: list[object] = [Problem]
    for endpoint in endpoints:
        for kind in (endpoint.request, endpoint.response):
            if kind is not None and kind is not Text and not any(kind is known for known in found):
                found.append(kind)
    return found


def _operation(endpoint: Endpoint, schema_of: dict[int, Schema]) -> Schema:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", endpoint.path)
    ]
    for name, meaning in (endpoint.query or {}).items():
        parameters.append({"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}})
    content: Schema = {"application/json": {"schema": schema_of.get(id(endpoint.response), {})}}
    if endpoint.response is Text:
        content = {"text/plain": {"schema": {"type": "string"}}}
    responses: Schema = {"200": {"description": "Done", "content": content}}
    for status in endpoint.problems:
        problem = {PROBLEM_JSON: {"schema": schema_of[id(Problem)]}}
        responses[str(status)] = {"description": "Refused, with the reason", "content": problem}
    operation: Schema = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": responses,
    }
    if endpoint.request is not None:
        body = {"application/json": {"schema": schema_of[id(endpoint.request)]}}
        operation["requestBody"] = {"required": True, "content": body}
    if endpoint.right is not None:
        operation["security"] = [{"staffKey": []}]
        which = f" with the right `{endpoint.right}`" if endpoint.right else ""
        operation["description"] = f"Needs a staff key{which}."
    return operation


_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Tallystick store box</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
td{{padding:.2rem .8rem .2rem 0;vertical-align:top}}code{{background:#eee;padding:0 .3em}}</style>
<h1>Store box {store}</h1>
<p>Tills: {tills}</p>
<p>State: <a href="/v1/health">/v1/health</a> · description for programs: <a href="/openapi.json">/openapi.json</a></p>
<table>{rows}</table>
<p>Operations marked ✎ need a staff key: <code>POST /v1/staff/login</code>, then <code>Authorization: Bearer …</code>.</p>
</html>"""


_TILL = '<a href="/till/{name}">{name}</a> (<a href="/tills/{name}/customer">customer</a>)'


def page(endpoints: Sequence[Endpoint], store_id: str, till_ids: Sequence[str]) -> str:
    """The same for people."""
    rows = "".join(
        f"<tr><td><code>{each.method} {html.escape(each.path)}</code></td>"
        f"<td>{html.escape(each.summary)}{' ✎' if each.right is not None else ''}</td></tr>"
        for each in endpoints
    )
    tills = " · ".join(_TILL.format(name=html.escape(name)) for name in till_ids) or "none"
    return _PAGE.format(store=html.escape(store_id), tills=tills, rows=rows)
