"""InfluxDB 2 and VictoriaMetrics as a sink: line protocol through `influxdb-client`, one line per value.

`tallystick,store=S001,device=freezer-1 temperature_celsius=-18.4 1790000000000`. A module of its own, imported only where
a sink is wanted: the client brings half a second of start and much that a box does not need.
"""

from __future__ import annotations

from collections.abc import Sequence

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from edge.telemetry.sink import SinkAway, Value

MEASUREMENT = "tallystick"
BOX_DEVICE = "box"
TIMEOUT_MS = 5_000
MILLISECONDS = "ms"
"""What the client calls a WritePrecision is this text."""
_ESCAPES = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ ", "\n": "\\ ", "\r": "\\ "})


def line_of(value: Value, store_id: str) -> str:
    """One value as a line; instants in milliseconds."""
    device = (value.device_id or BOX_DEVICE).translate(_ESCAPES)
    tags = f"store={store_id.translate(_ESCAPES)},device={device}"
    return f"{MEASUREMENT},{tags} {value.metric.translate(_ESCAPES)}={float(value.value)!r} {value.at_ms}"


class InfluxSink:
    """`POST /api/v2/write`. The token goes into the request and nowhere else."""

    def __init__(self, url: str, org: str, bucket: str, token: str, store_id: str) -> None:
        self._org, self._bucket, self._store_id = org or "-", bucket, store_id
        self._client = InfluxDBClient(url=url, token=token, org=self._org, timeout=TIMEOUT_MS, retries=urllib3.Retry(0))
        self._api = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, values: Sequence[Value]) -> None:
        """See `Sink`."""
        lines = [line_of(value, self._store_id) for value in values]
        try:
            self._api.write(self._bucket, self._org, lines, MILLISECONDS)  # type: ignore[arg-type]
        except ApiException as error:
            raise SinkAway(int(error.status or 0), f"it answers with status {error.status}") from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise SinkAway(0, type(error).__name__) from None

    def close(self) -> None:
        """See `Sink`."""
        self._api.close()  # type: ignore[no-untyped-call]
        self._client.close()  # type: ignore[no-untyped-call]
