"""HQ's settings: defaults, every wrong variable named, no password in a message."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from cloud.settings import HELP, Address, SettingsError, read_settings, with_user


def test_defaults_are_loopback_and_documented(tmp_path: Path) -> None:
    settings = read_settings({"TALLYSTICK_HQ_DIR": str(tmp_path)})
    assert [settings.console, settings.api, settings.edge] == [
        Address("127.0.0.1", 8800),
        Address("127.0.0.1", 8801),
        Address("127.0.0.1", 8843),
    ]
    assert all(address.loopback for address in (settings.console, settings.api, settings.edge))
    assert (settings.mqtt_url, settings.store_mqtt_url) == ("mqtts://127.0.0.1:8883",) * 2
    assert (settings.shards, settings.durable) == (16, "commit")
    for value in ("127.0.0.1:8801", "127.0.0.1:8843", "127.0.0.1:8800", "mqtts://127.0.0.1:8883", "(16)", "(commit)"):
        assert value in HELP


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:secret@host/db"),
        ("DATABASE_URL", "u:secret@host/db"),
        ("DATABASE_URL", "postgresql://u:secret@host:port/db"),
        ("MQTT_URL", "mqtt://host:1883"),
        ("MQTT_URL", "host"),
        ("TALLYSTICK_API", "8801"),
        ("TALLYSTICK_API", "host:0"),
        ("TALLYSTICK_EDGE", "host:99999"),
        ("TALLYSTICK_SHARDS", "0"),
        ("TALLYSTICK_SHARDS", "many"),
        ("TALLYSTICK_SHARDS", "1025"),
        ("TALLYSTICK_DURABLE", "maybe"),
        ("TALLYSTICK_TLS_CERT", "/nowhere"),
        ("TALLYSTICK_STORE_HTTPS_URL", "http://hq"),
        ("TALLYSTICK_CONSOLE", "0.0.0.0:8800"),
        ("TALLYSTICK_API", "hq.example.org:8801"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({name: value})
    assert str(refused.value).startswith(name)
    assert "secret" not in str(refused.value)


def test_beyond_loopback_needs_tls(tmp_path: Path) -> None:
    for name in ("cert", "key"):
        (tmp_path / name).touch()
    given = {"TALLYSTICK_TLS_CERT": str(tmp_path / "cert"), "TALLYSTICK_TLS_KEY": str(tmp_path / "key")}
    assert read_settings({"TALLYSTICK_API": "0.0.0.0:8801", **given}).tls_key == tmp_path / "key"
    assert read_settings({"TALLYSTICK_EDGE": "0.0.0.0:8843"}).edge.host == "0.0.0.0"  # always mutual TLS


def test_the_application_follows_the_owners_address_with_its_own_password(tmp_path: Path) -> None:
    (tmp_path / "app.url").write_text("postgresql://tallystick_app:own%2Fpw@old:1/name\n")
    settings = read_settings({"TALLYSTICK_HQ_DIR": str(tmp_path)})
    assert settings.app_conninfo() == "postgresql://tallystick_app:own%2Fpw@old:1/name"
    moved = read_settings(
        {"TALLYSTICK_HQ_DIR": str(tmp_path), "DATABASE_URL": "postgresql://owner:x@new:2/other?sslmode=require"}
    )
    assert moved.app_conninfo() == "postgresql://tallystick_app:own%2Fpw@new:2/other?sslmode=require"
    with pytest.raises(SettingsError, match=r"init.*TALLYSTICK_HQ_DIR"):
        settings.ingest_conninfo()


def test_a_server_on_a_socket_is_an_address_too(tmp_path: Path) -> None:
    (tmp_path / "app.url").write_text("postgresql://tallystick_app:pw@old:1/name\n")
    url = "postgresql:///hq?host=/run/postgresql"
    settings = read_settings({"TALLYSTICK_HQ_DIR": str(tmp_path), "DATABASE_URL": url})
    assert settings.app_conninfo() == "postgresql://tallystick_app:pw@/hq?host=/run/postgresql"
    assert conninfo_to_dict(settings.app_conninfo())["user"] == "tallystick_app"


def test_a_user_is_exchanged_in_an_address() -> None:
    assert with_user("postgresql://a:b@h:1/d", "c d", "e@f") == "postgresql://c%20d:e%40f@h:1/d"
    assert with_user("postgresql://h/d", "u", "p") == "postgresql://u:p@h/d"
