"""The bench from Python: what the page does, over its REST API. For tests, smoke runs and QA scripts.

with BenchClient("http://127.0.0.1:8090") as bench:
    bench.weigh("scale-1", 1_250)
    bench.scan("scanner-1", "4006381333931")
    print(bench.receipts("printer-1").receipts[-1].text)
    bench.spoil_line("printer-1", LineFaults(delay_ms=400))
    bench.heal()
"""

from __future__ import annotations

from types import TracebackType
from typing import Literal, TypeVar

import httpx
import msgspec

from simulators import control_shapes as shapes
from simulators.mouth import SpeechFaults

TIMEOUT_SECONDS = 10.0
Shape = TypeVar("Shape")


class BenchRefused(Exception):
    """The bench said no; the text says why."""


class BenchClient:
    """One running bench. Raises `BenchRefused`, and `httpx.TransportError` when it does not answer."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)

    def __enter__(self) -> BenchClient:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    # Looking.

    def state(self) -> shapes.State:
        """Everything at once."""
        return self.get("/state", shapes.State)

    def goods(self) -> tuple[shapes.GoodsView, ...]:
        """Goods to scan."""
        return self.get("/goods", tuple[shapes.GoodsView, ...])

    def receipts(self, printer: str) -> shapes.Receipts:
        """What was printed."""
        return self.get(f"/printers/{printer}/receipts", shapes.Receipts)

    def receipt_png(self, printer: str, number: int) -> bytes:
        """A receipt as a picture."""
        return self._ask("GET", f"/printers/{printer}/receipts/{number}.png").content

    def labels(self, access_point: str) -> tuple[shapes.LabelPicture, ...]:
        """What the labels show."""
        return self.get(f"/access_points/{access_point}/labels", tuple[shapes.LabelPicture, ...])

    def label_png(self, access_point: str, mac: str) -> bytes:
        """A label as a picture."""
        return self._ask("GET", f"/access_points/{access_point}/labels/{mac}.png").content

    # Doing.

    def weigh(self, scale: str, grams: int, *, settle_ms: int = 300) -> None:
        """Put goods on the platter, all together."""
        self.post(f"/scales/{scale}/weight", shapes.Weight(grams=grams, settle_ms=settle_ms))

    def hold_scale(self, scale: str, state: str) -> None:
        """Hold a state; `stable` lets go."""
        self.post(f"/scales/{scale}/state", shapes.ForcedState(state=state))

    def press(self, scale: str, key: Literal["zero", "tare", "clear_tare"]) -> None:
        """Press a key of the scale."""
        self.post(f"/scales/{scale}/keys", shapes.ScaleKey(key=key))

    def scan(self, scanner: str, code: str, symbology: str = "untold") -> None:
        """Hold a code before the scanner."""
        self.post(f"/scanners/{scanner}/scans", shapes.ScanOrder(code=code, symbology=symbology))

    def switch(self, printer: str, switches: shapes.Switches) -> None:
        """Paper, cover, line, speed; what is left out stays."""
        self.post(f"/printers/{printer}/switches", switches)

    def close_drawer(self, printer: str) -> None:
        """Push the drawer shut."""
        self.post(f"/printers/{printer}/drawer", shapes.Drawer())

    def plug(self, kind: Literal["scales", "scanners", "printers"], device: str, *, plugged_in: bool) -> None:
        """Pull a plug, or put it in."""
        self.post(f"/{kind}/{device}/plug", shapes.Plug(plugged_in=plugged_in))

    def spoil(self, kind: Literal["scales", "scanners"], device: str, faults: SpeechFaults) -> None:
        """What is wrong with a device on a serial line; what is left out is healed."""
        self.post(f"/{kind}/{device}/faults", faults)

    def spoil_point(self, access_point: str, faults: shapes.PointFaults) -> None:
        """What goes wrong at an access point; what is left out is healed."""
        self.post(f"/access_points/{access_point}/faults", faults)

    def restart_point(self, access_point: str, *, down_ms: int = 500, orderly: bool = True) -> None:
        """Restart it, or cut its power."""
        self.post(f"/access_points/{access_point}/restart", shapes.Restart(down_ms=down_ms, orderly=orderly))

    def reach(self, access_point: str, mac: str, *, silent: bool) -> None:
        """Take a label out of reach, or bring it back."""
        self.post(f"/access_points/{access_point}/labels/{mac}", shapes.Reach(silent=silent))

    def spoil_line(self, device: str, faults: shapes.LineFaults) -> None:
        """What the bad line in front of a device does; what is left out is healed."""
        self.post(f"/proxies/{device}/faults", faults)

    def cut_line(self, device: str) -> None:
        """Cut every connection once."""
        self.post(f"/proxies/{device}/cut", shapes.Nothing())

    def heal(self) -> None:
        """Put everything in order."""
        self.post("/heal", shapes.Nothing())

    # The API as it is, for what has no name here.

    def get(self, path: str, kind: type[Shape]) -> Shape:
        """The JSON answer of a path as `kind`."""
        return msgspec.json.decode(self._ask("GET", path).content, type=kind)

    def post(self, path: str, order: msgspec.Struct) -> None:
        """Send a command."""
        self._ask("POST", path, msgspec.json.encode(order))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        headers = {} if body is None else {"content-type": "application/json"}
        answer = self._http.request(method, path, content=body, headers=headers)
        if answer.is_error:
            raise BenchRefused(f"{method} {path}: {answer.status_code}: {answer.text}")
        return answer
