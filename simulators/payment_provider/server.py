"""Both interfaces of the simulated provider on one HTTP port: WeChat Pay's XML and Alipay's gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from protocols.clock import Clock
from protocols.payment.codes import alipay, wechat
from protocols.payment.codes.replies import NoSense
from protocols.payment.codes.wechat import WechatMerchant
from simulators.payment_plans import Plans
from simulators.payment_provider.provider import NoReply, Provider, ProviderOrder
from simulators.payment_terminal.ledger import Acquirer
from simulators.web import WebServer

XML = "text/xml"
Fields = dict[str, str]


class PaymentProviderSimulator:
    """A provider. `wechat`: the shop's account there; `alipay_sign`, `alipay_verify`: its key, and the shop's."""

    def __init__(
        self,
        provider_id: str,
        port: int,
        clock: Clock,
        *,
        account: WechatMerchant,
        alipay_sign: alipay.Sign,
        alipay_verify: alipay.Verify,
        slow_ms: int = 0,
        acquirer: Acquirer | None = None,
    ) -> None:
        self.provider = Provider(provider_id, usual_ms=slow_ms, acquirer=acquirer)
        self._clock = clock
        self._account = account
        self._sign, self._verify = alipay_sign, alipay_verify
        pages: dict[str, Callable[[Fields], Fields]] = {
            wechat.PAY: self._wechat_pay,
            wechat.QUERY: self._wechat_query,
            wechat.UNDO: self._wechat_undo,
            wechat.REFUND: self._wechat_refund,
            wechat.REFUND_QUERY: self._wechat_refund_query,
        }
        routes = [Route(path, self._wechat(answer), methods=["POST"]) for path, answer in pages.items()]
        app = Starlette(routes=[*routes, Route(alipay.PATH, self._alipay, methods=["POST"])])
        self._web = WebServer(app, port)
        self.plugged_in = False
        self._coming_back: asyncio.Task[None] | None = None

    @property
    def plans(self) -> Plans:
        """What happens to the next payments."""
        return self.provider.plans

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._web.port

    @property
    def connected(self) -> bool:
        """Connections last for one question."""
        return False

    async def start(self) -> None:
        """Listen. Raises `CannotListen`."""
        if not self.plugged_in:
            await self._web.start()
            self.plugged_in = True

    async def stop(self) -> None:
        """Listen no more."""
        if self._coming_back is not None:
            self._coming_back.cancel()
            await asyncio.wait({self._coming_back})
        await self.unplug()

    async def unplug(self) -> None:
        """The internet is away."""
        if self.plugged_in:
            self.plugged_in = False
            await self._web.stop()

    async def plug_in(self) -> None:
        """And back."""
        await self.start()

    async def restart(self, down_ms: int) -> None:
        """Away for a while."""
        await self.unplug()
        self._coming_back = asyncio.create_task(self._come_back(down_ms))

    def heal(self) -> None:
        """Everything as in good order."""
        self.provider.plans.clear()
        self.provider.undo_trouble = self.provider.undo_lost = 0
        self.provider.query_lost = False

    async def _come_back(self, down_ms: int) -> None:
        await asyncio.sleep(down_ms / 1000)
        await self.start()

    def _wechat(self, answer: Callable[[Fields], Fields]) -> Callable[[Request], object]:
        async def page(request: Request) -> Response:
            try:
                fields = self._account.read(await request.body())
                told = answer(fields)
            except NoSense as error:
                return Response(wechat.to_xml({"return_code": "FAIL", "return_msg": str(error)}), media_type=XML)
            except NoReply:
                return Response("gateway time-out", status_code=504)
            head = {"return_code": "SUCCESS", "appid": self._account.app_id, "mch_id": self._account.merchant_id}
            return Response(self._account.signed(head | {"nonce_str": "0" * 32} | told), media_type=XML)

        return page

    def _now(self) -> tuple[int, int]:
        return self._clock.monotonic_ms(), self._clock.now_ms()

    def _wechat_pay(self, asked: Fields) -> Fields:
        amount, currency = int(asked["total_fee"]), asked.get("fee_type", "CNY")
        order = self.provider.pay(asked["out_trade_no"], amount, asked["auth_code"], currency, *self._now())
        match order.state:
            case "paid":
                return _wechat_paid(order)
            case "waiting":
                return _wechat_error("USERPAYING")
            case "undone":
                return _wechat_error("ORDERREVERSED")
            case "failed":
                return _wechat_error(order.why)

    def _wechat_query(self, asked: Fields) -> Fields:
        order = self.provider.query(asked["out_trade_no"], *self._now())
        if order is None:
            return _wechat_error("ORDERNOTEXIST")
        states = {"waiting": "USERPAYING", "failed": "PAYERROR", "undone": "REVOKED"}
        if order.state == "failed" and order.why == "SYSTEMERROR":
            return _wechat_error("SYSTEMERROR")
        return (
            _wechat_paid(order) if order.state == "paid" else {"result_code": "SUCCESS", "trade_state": states[order.state]}
        )

    def _wechat_undo(self, asked: Fields) -> Fields:
        done = self.provider.undo(asked["out_trade_no"], *self._now())
        return {"result_code": "SUCCESS", "recall": "N"} if done else _wechat_error("SYSTEMERROR") | {"recall": "Y"}

    def _wechat_refund(self, asked: Fields) -> Fields:
        amount = int(asked["refund_fee"])
        entry = self.provider.refund(asked["out_refund_no"], asked["out_trade_no"], amount, self._clock.now_ms())
        if isinstance(entry, str):
            return _wechat_error(entry)
        return {"result_code": "SUCCESS", "refund_id": entry.reference, "refund_fee": str(entry.amount_minor)}

    def _wechat_refund_query(self, asked: Fields) -> Fields:
        entry = self.provider.find_refund(asked["out_refund_no"])
        if entry is None:
            return _wechat_error("REFUNDNOTEXIST")
        told = {"refund_id_0": entry.reference, "refund_fee_0": str(entry.amount_minor), "refund_status_0": "SUCCESS"}
        return {"result_code": "SUCCESS"} | told

    async def _alipay(self, request: Request) -> Response:
        try:
            method, content = alipay.read_question(await request.body(), self._verify)
            told = self._alipay_answer(method, content)
        except NoSense as error:
            method, told = "error", {"code": "40002", "sub_msg": str(error)}
        except NoReply:
            return Response("gateway time-out", status_code=504)
        return Response(alipay.answer(method, told, self._sign), media_type="application/json")

    def _alipay_answer(self, method: str, asked: Fields) -> Fields:
        number = asked.get("out_trade_no", "")
        match method:
            case alipay.PAY:
                amount = alipay.from_yuan(asked["total_amount"])
                return _alipay_told(self.provider.pay(number, amount, asked["auth_code"], "CNY", *self._now()), paying=True)
            case alipay.QUERY:
                order = self.provider.query(number, *self._now())
                return _alipay_failed("ACQ.TRADE_NOT_EXIST") if order is None else _alipay_told(order)
            case alipay.UNDO:
                done = self.provider.undo(number, *self._now())
                return {"code": "10000", "retry_flag": "N"} if done else {"code": "20000", "retry_flag": "Y"}
            case alipay.REFUND:
                back = alipay.from_yuan(asked["refund_amount"])
                entry = self.provider.refund(asked["out_request_no"], number, back, self._clock.now_ms())
                if isinstance(entry, str):
                    return _alipay_failed("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
                return {"code": "10000", "fund_change": "Y", "trade_no": entry.reference}
            case alipay.REFUND_QUERY:
                found = self.provider.find_refund(asked["out_request_no"])
                if found is None:
                    return {"code": "10000"}
                return {"code": "10000", "refund_status": "REFUND_SUCCESS", "trade_no": found.reference}
            case _:
                return {"code": "40002"}


def _wechat_paid(order: ProviderOrder) -> Fields:
    told = {"transaction_id": order.reference, "total_fee": str(order.amount_minor)}
    return {"result_code": "SUCCESS", "trade_state": "SUCCESS"} | told


def _wechat_error(code: str) -> Fields:
    return {"result_code": "FAIL", "err_code": code}


def _alipay_failed(code: str) -> Fields:
    return {"code": "40004", "sub_code": code}


def _alipay_told(order: ProviderOrder, *, paying: bool = False) -> Fields:
    amount = {"total_amount": alipay.to_yuan(order.amount_minor), "trade_no": order.reference}
    match order.state:
        case "paid":
            return {"code": "10000", "trade_status": "TRADE_SUCCESS"} | amount
        case "waiting":
            return {"code": "10003"} if paying else {"code": "10000", "trade_status": "WAIT_BUYER_PAY"}
        case "undone":
            return {"code": "10000", "trade_status": "TRADE_CLOSED"} if not paying else _alipay_failed("ACQ.TRADE_HAS_CLOSE")
        case "failed" if order.why == "SYSTEMERROR":
            return {"code": "20000"}
        case "failed":
            words = {"NOTENOUGH": "ACQ.BUYER_BALANCE_NOT_ENOUGH", "AUTH_CODE_INVALID": "ACQ.PAYMENT_AUTH_CODE_INVALID"}
            failed = _alipay_failed(words.get(order.why, "ACQ.TRADE_ERROR"))
            return failed if paying else {"code": "10000", "trade_status": "TRADE_CLOSED"}
