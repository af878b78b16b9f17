"""`python -m edge print-test` against simulated printers: printed and confirmed, or one line that says why not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from edge.__main__ import main
from protocols.clock import FakeClock
from simulators.printer.body import PrinterMake
from simulators.printer.device import EscPosPrinter
from simulators.printer.epos_device import EposPrinter


def settings_file(folder: Path, device: str) -> str:
    path = folder / "store.toml"
    path.write_text(f'[store]\nid = "s"\ndata_dir = "data"\n[[devices]]\nid = "p1"\n{device}\n')
    return str(path)


async def test_all_letters_of_a_chinese_printer(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    printer = EscPosPrinter(0, FakeClock(), make=PrinterMake(48))
    await printer.start()
    table = f'kind = "escpos_tcp"\nhost = "127.0.0.1"\nport = {printer.port}\nprofile = "china_80"'
    assert await asyncio.to_thread(main, ["print-test", "--config", settings_file(tmp_path, table), "p1"]) == 0
    (receipt,) = printer.receipts()
    assert "小票 合计 ￥12.50" in receipt.text
    assert "cp866 (ESC t 17)" in receipt.text
    assert "АБВГД" in receipt.text
    assert not printer.unknown
    assert "printed" in capsys.readouterr().out
    printer.set_switches(paper_out=True)
    assert await asyncio.to_thread(main, ["print-test", "--config", settings_file(tmp_path, table), "p1"]) == 1
    assert "the paper is out" in capsys.readouterr().out
    await printer.stop()
    assert await asyncio.to_thread(main, ["print-test", "--config", settings_file(tmp_path, table), "p1"]) == 1
    assert "cannot be reached" in capsys.readouterr().out
    assert main(["print-test", "--config", settings_file(tmp_path, table), "p2"]) == 2
    assert "Printers: p1" in capsys.readouterr().err


async def test_an_epos_printer(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    printer = EposPrinter(0, FakeClock(), PrinterMake(48))
    await printer.start()
    table = f'kind = "epos"\nurl = "{printer.url}"\nprofile = "epson_tm_m30"'
    assert await asyncio.to_thread(main, ["print-test", "--config", settings_file(tmp_path, table), "p1"]) == 0
    assert "[qr https://example.com/receipt/1-0-000001]" in printer.receipts()[0].text
    assert "printed" in capsys.readouterr().out
    await printer.stop()
