"""What a store box is told of the bench's payment terminals on makers' wires."""

from __future__ import annotations

from typing import Literal

from simulators.device_tables import TomlValue

WECHAT_APP, WECHAT_MERCHANT, ALIPAY_APP = "wx0000000000000000", "1900000000", "2021000000000000"
"""The shop's names at the simulated provider."""


def wire_edge_table(
    kind: Literal["zvt", "nexo_json", "payment_codes"], device_id: str, port: int, *, own_printer: bool, keys: str
) -> dict[str, TomlValue]:
    """The keys of its `[[devices]]`, `id` apart. `keys`: the folder of the shop's keys."""
    url, memory = f"http://127.0.0.1:{port}", f"{device_id}.jsonl"
    match kind:
        case "zvt":
            prints = "terminal" if own_printer else "till"
            return {"kind": kind, "port": f"tcp://127.0.0.1:{port}", "memory": memory, "prints": prints}
        case "nexo_json":
            return {"kind": kind, "url": url, "sale_id": "bench", "poi_id": device_id}
        case "payment_codes":
            return {
                "kind": kind,
                "memory": memory,
                "wechat_app_id": WECHAT_APP,
                "wechat_merchant_id": WECHAT_MERCHANT,
                "wechat_key_file": f"{keys}/wechat.key",
                "wechat_url": url,
                "alipay_app_id": ALIPAY_APP,
                "alipay_private_key_file": f"{keys}/alipay-shop.pem",
                "alipay_public_key_file": f"{keys}/alipay-public.pem",
                "alipay_url": url,
            }
