"""`python -m cloud` as a person uses it: set-up, stores, people, backups, and mistakes answered in one line."""

from __future__ import annotations

import ssl
import stat
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from cryptography import x509

from cloud.__main__ import main
from cloud.settings import with_user
from edge.settings import load
from protocols.contract.feed_rows import StoreRow, decode_row
from tests.support.hq_ground import GroundDatabase

ADD = ["store", "add", "S001", "--name", "Main street", "--zone", "north", "--time-zone", "Europe/Berlin"]


@dataclass
class Hq:
    """A headquarters of its own folder and database, and what its commands said."""

    database: GroundDatabase
    folder: Path
    capture: pytest.CaptureFixture[str]
    said: str = ""
    complained: str = ""

    def __call__(self, *words: str | Path) -> int:
        code = main([str(word) for word in words])
        self.said, self.complained = self.capture.readouterr()
        return code

    def refuses(self, *words: str | Path) -> str:
        """Run something wrong: exit code 2, nothing on stdout, one line on stderr, no traceback."""
        assert self(*words) == 2
        assert self.said == ""
        line = self.complained.strip()
        assert line.startswith("cloud: ")
        assert "\n" not in line, line
        assert "Traceback" not in line
        return line

    def one(self, query: str) -> object:
        with self.database.owner() as owner:
            row = owner.execute(query.encode()).fetchone()
        return None if row is None else row[0]


def headquarters(
    database: GroundDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Hq:
    for name in ("TALLYSTICK_API", "TALLYSTICK_BROKER_RELOAD", "MQTT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", database.owner_url)
    monkeypatch.setenv("TALLYSTICK_HQ_DIR", str(tmp_path / "hq"))
    return Hq(database, tmp_path / "hq", capsys)


@pytest.fixture
def bare(
    empty_database: GroundDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Hq:
    """Nothing set up yet; on both kinds of server."""
    return headquarters(empty_database, tmp_path, monkeypatch, capsys)


def set_up(new: Hq) -> Hq:
    assert new("init") == 0
    assert new("zone", "put", "north", "--currency", "EUR") == 0
    return new


@pytest.fixture
def hq(
    embedded_database: GroundDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Hq:
    """Set up, with zone north; on the embedded server."""
    return set_up(headquarters(embedded_database, tmp_path, monkeypatch, capsys))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_everything_once(bare: Hq) -> None:
    assert bare("init") == 0
    assert "login admin, password" in bare.said
    before = {path: path.read_bytes() for path in bare.folder.rglob("*") if path.is_file()}
    assert {"ca.key", "hq.crt", "edge.crt", "app.url", "ingest.url", "access.acl", "revoked.crl"} <= {p.name for p in before}
    for name in ("ca.key", "hq.key", "edge.key", "app.url", "ingest.url", "broker/server.key"):
        assert mode(bare.folder / name) == 0o600, name
    for name in ("app.url", "ingest.url"):
        with psycopg.connect((bare.folder / name).read_text().strip()) as connection:
            assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
    assert bare("init") == 0
    assert "password" not in bare.said.replace("passwords in", "")
    after = {path: path.read_bytes() for path in bare.folder.rglob("*") if path.is_file()}
    assert after == before
    assert bare("init", "--host", "hq.example.org", "--host", "192.0.2.7") == 0
    names = x509.load_pem_x509_certificate((bare.folder / "edge.crt").read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost", "hq.example.org"]
    assert [str(address) for address in names.value.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "192.0.2.7"]
    assert (bare.folder / "ca.key").read_bytes() == before[bare.folder / "ca.key"]


def test_a_store_gets_what_its_box_needs(hq: Hq, tmp_path: Path) -> None:
    out = tmp_path / "box"
    assert hq(*ADD, "--receipt-header", "Main street 1", "--out", out) == 0
    assert mode(out / "store.key") == 0o600
    context = ssl.create_default_context(cafile=str(out / "ca.crt"))
    context.load_cert_chain(out / "store.crt", out / "store.key")
    certificate = x509.load_pem_x509_certificate((out / "store.crt").read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=S001"
    (out / "store.toml").write_text('[store]\nid = "S001"\ndata_dir = "data"\n' + (out / "hq.toml").read_text())
    settings = load(out / "store.toml")
    assert settings.hq is not None
    assert (settings.hq.mqtt_url, settings.hq.shards) == ("mqtts://127.0.0.1:8883", 16)
    body = hq.one("SELECT body FROM feed_row WHERE feed_id = 'store/S001/setup'")
    assert isinstance(body, bytes)
    row = decode_row(body)
    assert isinstance(row, StoreRow)
    assert (row.zone, row.receipt_header) == ("north", ("Main street 1",))
    assert hq.one("SELECT version FROM feed WHERE feed_id = 'store/S001/staff'") == 0
    assert hq.one("SELECT serial FROM store_certificate") == f"{certificate.serial_number:x}"
    assert "user S001" in (hq.folder / "broker" / "access.acl").read_text()
    assert hq("store", "list") == 0
    assert "S001" in hq.said
    assert "never seen" in hq.said


def test_a_store_moves_is_renewed_and_revoked(hq: Hq, tmp_path: Path) -> None:
    assert hq("zone", "put", "south", "--currency", "EUR") == 0
    assert hq(*ADD, "--out", tmp_path / "1") == 0
    assert hq("store", "change", "S001", "--zone", "south") == 0
    lists = (hq.folder / "broker" / "access.acl").read_text()
    assert "ts1/feed/zone/south/#" in lists
    assert "ts1/feed/zone/north/#" not in lists
    assert hq("store", "renew", "S001", "--out", tmp_path / "2", "--revoke-old") == 0
    old, new = (x509.load_pem_x509_certificate((tmp_path / name / "store.crt").read_bytes()) for name in ("1", "2"))
    crl = x509.load_pem_x509_crl((hq.folder / "broker" / "revoked.crl").read_bytes())
    assert crl.get_revoked_certificate_by_serial_number(old.serial_number) is not None
    assert crl.get_revoked_certificate_by_serial_number(new.serial_number) is None
    assert (hq.folder / "broker" / "revoked.txt").read_text().split() == [f"{old.serial_number:x}"]
    assert "user S001" in (hq.folder / "broker" / "access.acl").read_text()
    assert hq("store", "revoke", "S001", "--reason", "stolen") == 0
    assert "user S001" not in (hq.folder / "broker" / "access.acl").read_text()
    assert hq.one("SELECT count(*) FROM store_certificate WHERE revoked_at_ms IS NULL") == 0


def test_the_broker_is_told_when_its_lists_change(hq: Hq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tmp_path / "told"
    monkeypatch.setenv("TALLYSTICK_BROKER_RELOAD", f"touch '{told}'")
    assert hq(*ADD, "--out", tmp_path / "1") == 0
    assert told.exists()
    told.unlink()
    assert hq("store", "change", "S001", "--name", "Another name") == 0
    assert not told.exists()


def test_a_store_is_added_whole_or_not_at_all(hq: Hq, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert "file" in hq.refuses(*ADD, "--out", blocked)
    assert hq.one("SELECT count(*) FROM store") == 0
    assert hq.one("SELECT count(*) FROM feed WHERE feed_id LIKE 'store/%'") == 0
    assert hq(*ADD, "--out", tmp_path / "1") == 0
    assert "exists already" in hq.refuses(*ADD, "--out", tmp_path / "1")
    assert "There is a store 'S001' already" in hq.refuses(*ADD, "--out", tmp_path / "2")


MISTAKES: list[tuple[list[str], str]] = [
    (["store", "add", "a/b", "--name", "x", "--zone", "north", "--time-zone", "UTC", "--out", "."], "no store id"),
    (["store", "add", "hq", "--name", "x", "--zone", "north", "--time-zone", "UTC", "--out", "."], "no store id"),
    (["store", "add", "S1", "--name", "x", "--zone", "nord", "--time-zone", "UTC", "--out", "."], "Zones: north"),
    (["store", "add", "S1", "--name", "x", "--zone", "north", "--time-zone", "Mars", "--out", "."], "IANA"),
    (["store", "revoke", "S404"], "no store 'S404'"),
    (["store", "renew", "S404", "--out", "."], "no store 'S404'"),
    (["store", "choose-box", "S404", "b"], "no store 'S404'"),
    (["user", "password", "nobody"], "nobody with the login"),
    (["user", "add", "Mei Lin", "--name", "Mei"], "login"),
    (["user", "remove", "admin"], "Add another administrator first"),
    (["restore", "/nowhere/file"], "cannot be read"),
    (["ingest", "--shard", "3", "--of", "2"], "--shard 3 --of 2"),
]


def test_mistakes_are_answered_in_one_line(hq: Hq, tmp_path: Path) -> None:
    for words, hint in MISTAKES:
        assert hint in hq.refuses(*(str(tmp_path / "out") if word == "." else word for word in words)), words


def test_people_come_and_go(hq: Hq, tmp_path: Path) -> None:
    where = ("--zone", "north", "--time-zone", "UTC", "--out", tmp_path / "S001")
    assert hq("zone", "put", "north", "--currency", "EUR") == 0
    assert hq("store", "add", "S001", "--name", "One", *where) == 0
    assert hq("region", "put", "west", "--name", "Wild west") == 0
    assert hq("region", "move", "S001", "west") == 0
    assert hq("region", "list") == 0
    assert "west  Wild west  stores: 1" in hq.said
    assert hq("user", "add", "ann", "--name", "Ann", "--role", "region_manager", "--region", "nowhere") != 0
    assert hq("user", "add", "ann", "--name", "Ann", "--role", "region_manager", "--region", "west") == 0
    assert hq("user", "add", "mei.lin", "--name", "Mei Lin", "--role", "operations", "--store", "S001") == 0
    assert "password" in hq.said
    assert hq("user", "password", "mei.lin") == 0
    assert hq("user", "list") == 0
    assert "mei.lin  operations  S001  Mei Lin" in hq.said
    assert "ann  region_manager  west  Ann" in hq.said
    assert hq("user", "remove", "mei.lin") == 0


def test_the_demo_is_seeded_again_and_again(hq: Hq, tmp_path: Path) -> None:
    words = ["seed-demo", "--items", "40", "--store", "S001", "--store", "S002", "--out", tmp_path]
    assert hq(*words) == 0
    assert "PIN" in hq.said
    counts = "SELECT (SELECT count(*) FROM item)::text || (SELECT count(*) FROM store) || (SELECT count(*) FROM staff)"
    before, key = hq.one(counts), (tmp_path / "S001" / "store.key").read_bytes()
    assert hq(*words) == 0
    assert hq.one(counts) == before
    assert (tmp_path / "S001" / "store.key").read_bytes() == key


def test_the_demos_chain_is_ten_named_stores_in_two_zones(hq: Hq, tmp_path: Path) -> None:
    for _ in range(2):
        assert hq("seed-demo", "--items", "10", "--chain", "--out", tmp_path) == 0, hq.complained
        assert hq.one("SELECT count(*) FROM store WHERE zone = 'north' AND name NOT LIKE 'Demo shop%'") == 5
        assert hq.one("SELECT count(*) FROM store WHERE zone = 'south'") == 5
        assert hq.one("SELECT count(*) FROM price WHERE zone = 'south'") == 10
    dearer = "SELECT count(*) FROM price n JOIN price s USING (item_id) WHERE n.zone = 'north' AND s.zone = 'south'"
    assert hq.one(f"{dearer} AND s.price_minor >= n.price_minor") == 10
    assert {path.name for path in tmp_path.iterdir() if (path / "store.key").exists()} >= {"S001", "S010"}


def test_many_stores_alike_are_added_once(hq: Hq, tmp_path: Path) -> None:
    words = ["store", "add-many", "L", "--count", "12", "--zone", "north", "--time-zone", "Europe/Berlin", "--out", tmp_path]
    assert hq("zone", "put", "north", "--currency", "EUR") == 0
    assert hq(*words) == 0, hq.complained
    assert "12 stores added" in hq.said
    assert sorted(path.name for path in tmp_path.glob("L*")) == [f"L{number:02d}" for number in range(1, 13)]
    key = (tmp_path / "L07" / "store.key").read_bytes()
    assert hq(*words) == 0
    assert "0 stores added" in hq.said
    assert (tmp_path / "L07" / "store.key").read_bytes() == key
    assert hq.one("SELECT name FROM store WHERE store_id = 'L12'") == "L 12"


def test_a_backup_is_put_back_whole(bare: Hq, tmp_path: Path) -> None:
    hq = set_up(bare)
    file = tmp_path / "hq.backup"
    assert hq("seed-demo", "--items", "40", "--store", "S001", "--out", tmp_path) == 0
    assert hq("backup", file) == 0
    assert "store" in hq.said
    epoch, feeds = hq.one("SELECT hq_db_epoch()"), hq.one("SELECT count(*) FROM feed")
    assert hq("seed-demo", "--items", "40", "--store", "S002", "--out", tmp_path) == 0
    assert hq("restore", file) == 0
    assert hq.one("SELECT string_agg(store_id, ',') FROM store") == "S001"
    assert hq.one("SELECT count(*) FROM feed") == feeds
    assert hq.one("SELECT hq_db_epoch()") != epoch
    assert hq.one("SELECT count(*) FROM feed WHERE epoch <> (SELECT feed_epoch FROM hq_state)") == 0
    assert hq.one("SELECT count(*) FROM feed_delta") == 0
    with psycopg.connect(hq.database.owner_url) as owner:
        policies = owner.execute("SELECT count(*) FROM pg_policies").fetchone()
    assert policies is not None
    assert policies[0] > 10
    assert hq("store", "list") == 0


def test_an_owner_who_is_no_superuser_can_do_it_all(
    empty_database: GroundDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on a managed server, where policies bind the owner too: a dump must hold every row all the same."""
    with empty_database.owner() as superuser:
        superuser.execute("CREATE ROLE chain_owner LOGIN CREATEROLE PASSWORD 'pw'")
        superuser.execute(f"ALTER DATABASE {empty_database.name} OWNER TO chain_owner".encode())
        for role in ("tallystick_app", "tallystick_ingest"):
            if superuser.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                superuser.execute(f"GRANT {role} TO chain_owner WITH ADMIN OPTION".encode())
    try:
        hq = headquarters(empty_database, tmp_path, monkeypatch, capsys)
        monkeypatch.setenv("DATABASE_URL", with_user(empty_database.owner_url, "chain_owner", "pw"))
        set_up(hq)
        assert hq("seed-demo", "--items", "40", "--store", "S001", "--out", tmp_path) == 0
        counts = "SELECT (SELECT count(*) FROM item)::text || (SELECT count(*) FROM store) || (SELECT count(*) FROM staff)"
        before = hq.one(counts)
        assert hq("backup", tmp_path / "file") == 0
        assert hq("restore", tmp_path / "file", "--force") == 0, hq.complained
        assert hq.one(counts) == before == "4013"
        assert hq("store", "list") == 0
    finally:
        empty_database.drop()
        with empty_database.server.admin() as admin:
            admin.execute("DROP ROLE chain_owner")


def test_a_damaged_backup_changes_nothing(hq: Hq, tmp_path: Path) -> None:
    file = tmp_path / "hq.backup"
    assert hq("backup", file) == 0
    whole = file.read_bytes()
    epoch = hq.one("SELECT hq_db_epoch()")
    for damaged in (whole[: len(whole) // 2], b"PGDMP", b"hello"):
        file.write_bytes(damaged)
        assert main(["restore", str(file)]) == 2
        assert hq.one("SELECT hq_db_epoch()") == epoch
    assert hq.one("SELECT count(*) FROM person") == 1


def test_a_database_in_use_is_not_replaced_unasked(hq: Hq, tmp_path: Path) -> None:
    file = tmp_path / "hq.backup"
    assert hq("backup", file) == 0
    with psycopg.connect((hq.folder / "app.url").read_text().strip(), application_name="tallystick-api") as running:
        assert "tallystick-api" in hq.refuses("restore", file)
        assert hq("restore", file, "--force") == 0
        with pytest.raises(psycopg.OperationalError):
            running.execute("SELECT 1")


def test_without_init_and_with_wrong_addresses(bare: Hq, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "init" in bare.refuses("store", "list")
    assert "init" in bare.refuses("api")
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:secret@127.0.0.1:1/none")
    for command in ("init", "migrate"):
        line = bare.refuses(command)
        assert "127.0.0.1:1/none" in line
        assert "secret" not in line
    monkeypatch.delenv("DATABASE_URL")
    assert "DATABASE_URL" in bare.refuses("init")


def test_an_old_database_is_not_served(hq: Hq) -> None:
    with hq.database.owner() as owner:
        owner.execute("DELETE FROM schema_migration WHERE name = '0300_stores.sql'")
    assert "0300_stores.sql: run `python -m cloud migrate`" in hq.refuses("api")


def test_half_an_authority_is_not_replaced(hq: Hq) -> None:
    (hq.folder / "ca.key").unlink()
    assert main(["init"]) == 2
    assert not (hq.folder / "ca.key").exists()


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    for word in ("python -m cloud init", "DATABASE_URL", "TALLYSTICK_HQ_DIR", "exit codes"):
        assert word in said
