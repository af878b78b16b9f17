"""What HQ decides about the tills of a store: returns, differences, what loss prevention looks at. Pure."""

from __future__ import annotations

import msgspec

from cloud.refusals import FieldProblem, Invalid
from protocols.contract.feed_rows import StoreRow
from protocols.contract.till_rules import LossRule, TillRules

DAYS_MAX = 3_650
LINES_MAX = 8
LINE_LENGTH_MAX = 42
URL_LENGTH_MAX = 200
AMOUNT_MINOR_MAX = 100_000_000
MINUTES_MAX = 24 * 60
COUNT_MAX = 1_000
WHATS = frozenset(rule.what for rule in TillRules().loss)
"""What a loss rule can count: every store begins with one of each."""


class TillSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a store's set-up that is about its tills. Amounts in minor units of the store's currency."""

    rules: TillRules = TillRules()
    return_days: int = 30
    no_receipt_days: int = 30
    refund_cash_max_minor: int = 0
    return_policy: tuple[str, ...] = ()
    invoice_url: str = ""

    def into(self, row: StoreRow) -> StoreRow:
        """The row the store receives, with these in it."""
        return msgspec.structs.replace(
            row,
            till_rules=self.rules,
            return_days=self.return_days,
            no_receipt_days=self.no_receipt_days,
            refund_cash_max_minor=self.refund_cash_max_minor,
            return_policy=self.return_policy,
            invoice_url=self.invoice_url,
        )


_decoder = msgspec.json.Decoder(TillSettings)


def read_settings(stored: str) -> TillSettings:
    """From the column. What an older HQ stored reads as what it did not know yet being usual."""
    return _decoder.decode(stored)


def stored_text(settings: TillSettings) -> str:
    """For the column."""
    return msgspec.json.encode(settings).decode()


def check(settings: TillSettings) -> None:
    """Raise `Invalid` with every problem found."""
    problems: list[FieldProblem] = []

    def within(field: str, value: int, most: int) -> None:
        if not 0 <= value <= most:
            problems.append(FieldProblem(field, "out of range", f"0 to {most}."))

    within("return_days", settings.return_days, DAYS_MAX)
    within("no_receipt_days", settings.no_receipt_days, DAYS_MAX)
    within("refund_cash_max_minor", settings.refund_cash_max_minor, AMOUNT_MINOR_MAX)
    within("variance_limit_minor", settings.rules.variance_limit_minor, AMOUNT_MINOR_MAX)
    within("cash_warning_minor", settings.rules.cash_warning_minor, AMOUNT_MINOR_MAX)
    if len(settings.return_policy) > LINES_MAX or any(len(line) > LINE_LENGTH_MAX for line in settings.return_policy):
        problems.append(
            FieldProblem("return_policy", "too long", f"At most {LINES_MAX} lines of {LINE_LENGTH_MAX} characters.")
        )
    url = settings.invoice_url
    if url and (not url.startswith("https://") or len(url) > URL_LENGTH_MAX):
        problems.append(FieldProblem("invoice_url", "no address", f"https://…, at most {URL_LENGTH_MAX} characters."))
    for number, rule in enumerate(settings.rules.loss):
        problems.extend(_rule_problems(f"loss/{number}", rule))
    if problems:
        raise Invalid.fields(problems)


def _rule_problems(where: str, rule: LossRule) -> list[FieldProblem]:
    found = []
    if rule.what not in WHATS:
        found.append(FieldProblem(f"{where}/what", f"unknown: {rule.what[:40]}", f"One of: {', '.join(sorted(WHATS))}."))
    if not 0 <= rule.most <= COUNT_MAX:
        found.append(FieldProblem(f"{where}/most", "out of range", f"0 to {COUNT_MAX}."))
    if not 1 <= rule.within_minutes <= MINUTES_MAX:
        found.append(FieldProblem(f"{where}/within_minutes", "out of range", f"1 to {MINUTES_MAX}."))
    return found
