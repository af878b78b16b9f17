"""Payment terminals on makers' wires as devices of the bench: ZVT, the Terminal API, a provider of payment codes."""

from __future__ import annotations

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from protocols.payment.codes.wechat import WechatMerchant
from simulators.device_kind import DeviceKind, Workshop, plug_knob, struct_knobs
from simulators.nexo_terminal.server import NexoSimulator
from simulators.payment_plans import Plan
from simulators.payment_provider.server import PaymentProviderSimulator
from simulators.payment_terminal.ledger import Ledger
from simulators.settings import WireTerminalSettings
from simulators.wire_edge_table import WECHAT_APP, WECHAT_MERCHANT
from simulators.zvt_terminal.server import ZvtSimulator

Simulator = ZvtSimulator | NexoSimulator | PaymentProviderSimulator
RSA_BITS = 2_048


def ledger_of(device: Simulator) -> Ledger:
    """What it really did with people's money."""
    return device.provider.ledger if isinstance(device, PaymentProviderSimulator) else device.terminal.ledger


def under_way_of(device: Simulator) -> str:
    """Whoever is at it now; empty: nobody."""
    if isinstance(device, PaymentProviderSimulator):
        return device.provider.under_way
    return str(device.terminal.under_way or "")


def plan_of(device: Simulator) -> Plan:
    """What happens to payments for which nothing is scripted."""
    return device.plans.standing


def set_plan(device: Simulator, plan: Plan) -> None:
    """Raises ValueError for a plan that makes no sense."""
    device.plans.standing = checked(plan)


def checked(plan: Plan) -> Plan:
    """The plan. Raises ValueError when it makes no sense."""
    try:
        sound = msgspec.convert(msgspec.to_builtins(plan), Plan)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    if not 1 <= sound.percent <= 100:
        raise ValueError("percent: 1 to 100")
    if not 0 <= sound.slow_ms <= 600_000 or not 0 <= sound.reboot_ms <= 600_000:
        raise ValueError("slow_ms and reboot_ms: 0 to 600000")
    return sound


def _build(given: WireTerminalSettings, shop: Workshop) -> Simulator:
    chance = shop.chance(given.id)
    match given.kind:
        case "zvt":
            return ZvtSimulator(
                given.id,
                given.port,
                shop.clock,
                chance,
                slow_ms=given.slow_ms,
                own_printer=given.own_printer,
                acquirer=shop.acquirer,
            )
        case "nexo_json":
            return NexoSimulator(given.id, given.port, shop.clock, chance, slow_ms=given.slow_ms, acquirer=shop.acquirer)
        case "payment_codes":
            assert given.keys is not None
            key = shop_keys(given.keys)
            return PaymentProviderSimulator(
                given.id,
                given.port,
                shop.clock,
                account=WechatMerchant(WECHAT_APP, WECHAT_MERCHANT, (given.keys / "wechat.key").read_text().strip()),
                alipay_sign=lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256()),
                alipay_verify=lambda data, told: _right(key, data, told),
                slow_ms=given.slow_ms,
                acquirer=shop.acquirer,
            )


def shop_keys(folder: Path) -> rsa.RSAPrivateKey:
    """The keys of a shop at the simulated provider, made at the first start; the box is told where they lie."""
    folder.mkdir(parents=True, exist_ok=True)
    private = folder / "alipay-shop.pem"
    if private.exists():
        key = serialization.load_pem_private_key(private.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key
    key = rsa.generate_private_key(65_537, RSA_BITS)
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "alipay-public.pem").write_bytes(public)
    (folder / "wechat.key").write_text("simulated0simulated0simulated0sim\n")
    return key


def _right(key: rsa.RSAPrivateKey, data: bytes, told: bytes) -> bool:
    # Shop and provider share one key here; PKCS #1 signatures are the same every time.
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256()) == told


async def _tidy(_given: WireTerminalSettings, device: Simulator) -> None:
    device.heal()


WIRE_TERMINALS: DeviceKind[WireTerminalSettings, Simulator] = DeviceKind(
    name="terminals",
    noun="terminal",
    table=WireTerminalSettings,
    build=_build,
    knobs=(
        plug_knob(lambda device: device.plugged_in, lambda device: device.plug_in(), lambda device: device.unplug()),
        *struct_knobs(Plan, plan_of, set_plan),
    ),
    tidy=_tidy,
)
