"""Beyond loopback the box speaks TLS only, and only with screens that show a certificate of the store's own authority."""

import ssl
from pathlib import Path

import httpx
import pytest

from tests.support.box_process import BoxProcess
from tests.support.certificates import Authority, Issued
from tests.support.waiting import until


def client(ca_file: Path, own: Issued | None) -> httpx.Client:
    context = ssl.create_default_context(cafile=str(ca_file))
    if own is not None:
        context.load_cert_chain(own.cert_file, own.key_file)
    return httpx.Client(verify=context)


async def test_only_screens_with_a_certificate_get_in(tmp_path: Path) -> None:
    store, foreign = Authority(tmp_path, "store"), Authority(tmp_path, "foreign")
    store.issue("box")
    tls = 'host = "0.0.0.0"\ntls_cert_file = "box.pem"\ntls_key_file = "box.key"\nclient_ca_file = "store-ca.pem"\n'
    box = BoxProcess(tmp_path, more_toml=tls)
    box.start()
    await until(lambda: '"event": "ready"' in box.log(), seconds=30)
    url = f"https://127.0.0.1:{box.port}/v1/health"
    try:
        with client(store.ca_file, store.issue("screen")) as screen:
            answer = screen.get(url)
            assert answer.status_code == 200
            assert screen.get(url, headers={"host": "evil.example"}).status_code == 403
        for stranger in (None, foreign.issue("stranger")):
            with client(store.ca_file, stranger) as screen, pytest.raises(httpx.TransportError):
                screen.get(url)
        with client(store.ca_file, None) as screen, pytest.raises(httpx.TransportError):
            screen.get(url.replace("https", "http"))
    finally:
        assert await box.stop() == 0
