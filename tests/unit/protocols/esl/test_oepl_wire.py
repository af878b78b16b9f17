"""The access point's wire against bytes written down by hand from its firmware, and against noise."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.esl.oepl_events import (
    ApItem,
    BlockRequested,
    ConsoleNews,
    ErrorNews,
    LogNews,
    NewsRefused,
    OtherNews,
    System,
    TagNews,
    Upload,
    block_of,
    block_text,
    complete_of,
    complete_text,
    read_news,
    timeout_of,
    timeout_text,
    write_news,
)
from protocols.esl.oepl_records import (
    RecordsRefused,
    TagRecord,
    normal_mac,
    read_backup,
    read_page,
    write_backup,
    write_page,
)
from protocols.esl.oepl_requests import (
    ApConfigChange,
    ApConfigRequest,
    ApRequest,
    BackupRequest,
    CheckFileRequest,
    CurrentFileRequest,
    HttpRequest,
    ImageUpload,
    JsonUpload,
    LedFlash,
    PendingFileRequest,
    RebootRequest,
    RequestRefused,
    RestoreRequest,
    SetTime,
    SystemInfoRequest,
    TagCommand,
    TagConfigChange,
    TagPageRequest,
    TagTypeRequest,
    VariablesChange,
    read_request,
    write_request,
)

MAC = "0000021A3B4C5D6E"
GOLDEN_RECORD = (
    b'{"mac":"0000021A3B4C5D6E","hash":"9e107d9d372bb6820000000000000000","lastseen":1790000000,"nextupdate":3216153600,'
    b'"nextcheckin":1790000060,"pending":1,"alias":"dairy 3","contentMode":24,"LQI":200,"RSSI":-61,"temperature":21,'
    b'"batteryMv":2876,"hwType":1,"wakeupReason":0,"capabilities":132,"modecfgjson":"{\\"ttl\\":\\"0\\"}","isexternal":false,'
    b'"apip":"0.0.0.0","rotate":0,"lut":0,"invert":0,"updatecount":7,"updatelast":1789999000,"ch":11,"ver":38}'
)
"""As `tag_db.cpp` fillNode writes it."""

macs = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016X}")
hashes = st.binary(min_size=8, max_size=8).map(lambda data: data.hex() + "0" * 16)
tags = st.builds(
    TagRecord,
    mac=macs,
    hash=hashes,
    alias=st.text(max_size=20),
    pending=st.integers(0, 9),
    updatecount=st.integers(0, 2**31),
    battery_mv=st.integers(0, 4000),
    rssi=st.integers(-120, 0),
)


def test_a_tag_record_is_read_field_by_field() -> None:
    (tag,) = read_page(b'{"tags":[' + GOLDEN_RECORD + b'],"continu":9}').tags
    assert tag == TagRecord(
        mac=MAC,
        hash="9e107d9d372bb6820000000000000000",
        lastseen=1_790_000_000,
        nextupdate=3_216_153_600,
        nextcheckin=1_790_000_060,
        pending=1,
        alias="dairy 3",
        content_mode=24,
        lqi=200,
        rssi=-61,
        temperature=21,
        battery_mv=2876,
        hardware_type=1,
        capabilities=132,
        modecfgjson='{"ttl":"0"}',
        updatecount=7,
        updatelast=1_789_999_000,
        channel=11,
        version=38,
    )
    assert write_page((tag,), 0) == b'{"tags":[' + GOLDEN_RECORD + b"]}"


def test_the_backup_is_indented_json_and_newer_firmware_adds_keys() -> None:
    record = json.loads(GOLDEN_RECORD) | {"newkey": [1, 2]}
    assert read_backup(json.dumps([record], indent=2).encode())[0].updatecount == 7
    assert read_backup(json.dumps([[record], [record]], indent=2).encode())[1].updatecount == 7
    assert read_backup(write_backup(())) == ()


def test_the_backup_is_written_as_the_device_saves_it() -> None:
    """`saveDB` puts each record into a list of its own and indents it."""
    tags = (TagRecord(mac=MAC), TagRecord(mac="0000021A3B4C5D6F"))
    text = write_backup(tags)
    assert text.startswith(b'[[\n  {\n    "mac": "0000021A3B4C5D6E",')
    assert b"}\n],[\n" in text
    assert read_backup(text) == tags


def test_a_page_closes_with_the_record_that_makes_it_too_long() -> None:
    table = tuple(TagRecord(mac=f"{number:016X}") for number in range(40))
    first = write_page(table, 0)
    count = read_page(first).continu
    without = len(first) - len(f',"continu":{count}')
    assert without > 5_000 >= without - len(write_page(table[:1], 0)) + len('{"tags":[]}') - 1
    whole = table[:count]
    assert read_page(write_page(whole, 0)).continu == count, "even when no record is left"
    assert read_page(write_page(whole, count)).tags == ()


def test_short_addresses_are_padded_and_others_refused() -> None:
    assert normal_mac("021a3b4c5d6e") == MAC
    for wrong in ("", "12", "0000021A3B4C5D6G", "0000021A3B4C5D6E0"):
        with pytest.raises(RecordsRefused):
            normal_mac(wrong)


@given(st.lists(tags, max_size=40, unique_by=lambda tag: tag.mac))
def test_pages_joined_are_the_table(table: list[TagRecord]) -> None:
    read: list[TagRecord] = []
    position = 0
    while True:
        page = read_page(write_page(tuple(table), position))
        read += page.tags
        if not page.continu:
            break
        assert page.continu == len(read)
        position = page.continu
    assert read == table


def test_beyond_255_tags_paging_starts_over() -> None:
    table = tuple(TagRecord(mac=f"{number:016X}") for number in range(300))
    assert read_page(write_page(table, 260)).tags[0] == table[4]


@pytest.mark.parametrize(
    ("text", "news"),
    [
        ('{"errMsg":"REBOOTING"}', ErrorNews(text="REBOOTING")),
        ('{"logMsg":"new image is the same as current image. not updating tag."}', None),
        ('{"upload":{"src":"0000021A3B4C5D6E","current":1,"total":3}}', Upload(src=MAC, current=1, total=3)),
        ('{"console":"hello","color":"green"}', ConsoleNews(text="hello", color="green")),
        ('{"touch":{"x":1,"y":2}}', OtherNews()),
        ('noise\x00{"errMsg":"x"}', ErrorNews(text="x")),
        (
            '{"apitem":{"ip":"192.0.2.9","alias":"aisle 1","count":40,"channel":11,"version":"0026"}}',
            ApItem(ip="192.0.2.9", alias="aisle 1", count=40, channel=11, version="0026"),
        ),
        (
            '{"sys":{"currtime":1790000000,"heap":90000,"recordcount":2,"dbsize":900,"littlefsfree":700000,"psfree":1,'
            '"apstate":1,"runstate":2,"temp":41.5,"rssi":-50,"wifistatus":3,"wifissid":"shop","uptime":77}}',
            System(
                currtime=1_790_000_000,
                heap=90000,
                recordcount=2,
                dbsize=900,
                littlefsfree=700000,
                psfree=1,
                rssi=-50,
                wifissid="shop",
                uptime=77,
            ),
        ),
    ],
)
def test_news_are_read(text: str, news: object) -> None:
    read = read_news(text)
    if news is not None:
        assert read == news
    else:
        assert isinstance(read, LogNews)


def test_news_of_a_tag_are_read_and_written() -> None:
    text = '{"tags":[' + GOLDEN_RECORD.decode() + "]}"
    news = read_news(text)
    assert isinstance(news, TagNews)
    assert news.tags[0].mac == MAC
    assert write_news(news) == text


@given(
    st.one_of(
        st.builds(System, currtime=st.integers(0, 2**32), uptime=st.integers(0, 2**32)),
        st.builds(TagNews, tags=tags.map(lambda tag: (tag,))),
        st.builds(ErrorNews, text=st.text(max_size=80)),
        st.builds(LogNews, text=st.text(max_size=80)),
        st.builds(Upload, src=macs, current=st.integers(0, 99), total=st.integers(0, 99)),
        st.builds(ApItem, ip=st.just("192.0.2.1"), count=st.integers(0, 255)),
    )
)
def test_news_survive_the_wire(news: TagNews | System) -> None:
    assert read_news(write_news(news)) == news


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_noise_is_refused_or_of_no_interest(noise: bytes | str) -> None:
    try:
        news = read_news(noise)
    except NewsRefused:
        return
    assert not isinstance(news, TagNews) or not news.tags


def test_a_wrong_hash_or_address_in_news_is_refused() -> None:
    for wrong in ('{"tags":[{"mac":"xyz"}]}', f'{{"tags":[{{"mac":"{MAC}","hash":"12"}}]}}', '{"tags":7}', "{"):
        with pytest.raises(NewsRefused):
            read_news(wrong)


def test_the_timeout_message_names_its_label() -> None:
    assert timeout_text(MAC) == "< 0000021A3B4C5D6E xfer timeout\r\n"
    assert timeout_of(ErrorNews(text=timeout_text(MAC))) == MAC
    assert timeout_of(ErrorNews(text="REBOOTING")) is None


@given(macs, st.integers(0, 99), st.integers(0, 4096), st.integers(0, 65535))
def test_log_lines_of_a_transfer(mac: str, number: int, length: int, checksum: int) -> None:
    block = BlockRequested(mac=mac, file=f"/current/{mac}_5.pending", number=number, length=length, checksum=checksum)
    assert block_of(LogNews(text=block_text(block))) == block
    assert complete_of(LogNews(text=complete_text(mac))) == mac
    assert block_of(LogNews(text=complete_text(mac))) is None
    assert complete_of(LogNews(text=block_text(block))) is None


def test_an_upload_is_multipart_with_the_address_before_the_file() -> None:
    picture = b"\xff\xd8 picture \r\n--with lines\xff\xd9"
    http = write_request(ImageUpload(MAC, picture))
    mark = f"tallystick-{hashlib.sha256(picture).hexdigest()[:32]}"
    assert (http.method, http.target, http.content_type) == ("POST", "/imgupload", f"multipart/form-data; boundary={mark}")
    fields = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("mac", MAC), ("dither", "0"), ("ttl", "0"), ("contentmode", "24"))
    )
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="label.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    assert http.body == fields.encode() + head.encode() + picture + f"\r\n--{mark}--\r\n".encode()


def test_a_file_before_the_address_is_refused_as_the_device_does() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.jpg"\r\n\r\nJPEG\r\n'
        b'--b\r\nContent-Disposition: form-data; name="mac"\r\n\r\n0000021A3B4C5D6E\r\n--b--\r\n'
    )
    with pytest.raises(RequestRefused) as refused:
        read_request(HttpRequest("POST", "/imgupload", "multipart/form-data; boundary=b", body))
    assert (refused.value.status, refused.value.text) == (400, "parameters incomplete")


@given(
    st.builds(
        ImageUpload,
        mac=macs,
        picture=st.binary(max_size=300),
        dither=st.integers(0, 2),
        ttl_minutes=st.integers(0, 600),
        content_mode=st.sampled_from((24, 25)),
        alias=st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20),
        rotate=st.none() | st.integers(0, 3),
        lut=st.none() | st.integers(0, 3),
        invert=st.none() | st.integers(0, 1),
        preload_type=st.none() | st.integers(0x10, 0x1E),
        preload_lut=st.none() | st.integers(0, 3),
    )
    | st.builds(RestoreRequest, backup=st.binary(max_size=300))
)
def test_uploads_survive_the_wire(upload: ImageUpload | RestoreRequest) -> None:
    assert read_request(write_request(upload)) == upload


@given(st.binary(min_size=1, max_size=200), st.data())
def test_an_upload_cut_short_is_never_taken_for_a_whole_one(picture: bytes, data: st.DataObject) -> None:
    http = write_request(ImageUpload(MAC, picture))
    end = data.draw(st.integers(0, len(http.body) - len("--\r\n") - len(http.content_type.partition("=")[2]) - 4))
    with pytest.raises(RequestRefused):
        read_request(HttpRequest(http.method, http.target, http.content_type, http.body[:end]))


@pytest.mark.parametrize(
    ("request_value", "method", "target", "body"),
    [
        (TagPageRequest(position=12), "GET", "/get_db?pos=12", b""),
        (TagPageRequest(mac=MAC), "GET", f"/get_db?mac={MAC}", b""),
        (BackupRequest(), "GET", "/backup_db", b""),
        (TagCommand(MAC, "clear"), "POST", "/tag_cmd", f"mac={MAC}&cmd=clear".encode()),
        (ApConfigRequest(), "GET", "/get_ap_config", b""),
        (ApConfigChange((("stopsleep", "0"), ("preview", "1"))), "POST", "/save_apcfg", b"stopsleep=0&preview=1"),
        (CurrentFileRequest(MAC), "GET", f"/current/{MAC}.raw", b""),
        (PendingFileRequest(MAC, "82B62B379D7D109E"), "GET", f"/getdata?mac={MAC}&md5=82B62B379D7D109E", b""),
        (CheckFileRequest(f"/current/{MAC}.raw"), "GET", f"/check_file?path=%2Fcurrent%2F{MAC}.raw", b""),
        (RebootRequest(), "POST", "/reboot", b""),
        (LedFlash(MAC, bytes(range(12))), "GET", f"/led_flash?mac={MAC}&pattern=000102030405060708090a0b", b""),
        (TagTypeRequest(0x33), "GET", "/tagtypes/33.json", b""),
        (SystemInfoRequest(), "GET", "/sysinfo", b""),
        (SetTime(1_790_000_000), "POST", "/set_time", b"epoch=1790000000"),
        (VariablesChange("temp", "21"), "POST", "/set_var", b"key=temp&val=21"),
        (VariablesChange(json='{"a":1}'), "POST", "/set_vars", b"json=%7B%22a%22%3A1%7D"),
        (TagConfigChange(MAC, (("alias", "tea"),)), "POST", "/save_cfg", f"mac={MAC}&alias=tea".encode()),
        (JsonUpload(MAC, "[]", 5), "POST", "/jsonupload", f"mac={MAC}&json=%5B%5D&ttl=5".encode()),
    ],
)
def test_requests_on_the_wire(request_value: ApRequest, method: str, target: str, body: bytes) -> None:
    http = write_request(request_value)
    assert (http.method, http.target, http.body) == (method, target, body)
    assert read_request(http) == request_value


def test_what_the_device_does_not_serve() -> None:
    with pytest.raises(RequestRefused) as refused:
        read_request(HttpRequest("GET", "/nothing"))
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "text"),
    [
        ("POST", "/tag_cmd", "mac=1", 500, "param error"),
        ("POST", "/set_var", "key=a", 500, "param error"),
        ("POST", "/set_vars", "", 400, "No 'json' parameter found in request"),
        ("POST", "/set_time", "", 400, "missing 'epoch'"),
        ("POST", "/set_time", "epoch=1600000000", 400, "invalid epoch"),
        ("POST", "/jsonupload", "mac=1", 400, "Missing parameters"),
        ("POST", "/save_cfg", "mac=1", 200, "Ok, saved"),
        ("GET", f"/led_flash?mac={MAC}&pattern=0011", "", 400, "Error: expects 12 hex bytes in pattern"),
        ("GET", "/led_flash?pattern=0011", "", 400, "parameters are missing"),
        ("GET", "/get_db?mac=zz", "", 200, '{"error": "malformatted parameter"}'),
    ],
)
def test_the_device_s_answers_to_requests_that_lack_something(
    method: str, target: str, body: str, status: int, text: str
) -> None:
    with pytest.raises(RequestRefused) as refused:
        read_request(HttpRequest(method, target, "application/x-www-form-urlencoded", body.encode()))
    assert (refused.value.status, refused.value.text) == (status, text)
