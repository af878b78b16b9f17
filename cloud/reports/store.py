"""SQL that reports share."""

from __future__ import annotations

from cloud.db.pool import Connection
from cloud.db.queries import load_queries

Q = load_queries(__file__, "reports.sql")


async def minor_digits(tx: Connection) -> dict[str, int]:
    """Decimals of each currency the chain uses."""
    return {str(currency): int(digits) for currency, digits in await (await tx.execute(Q["minor_digits"])).fetchall()}
