"""The kinds of import there are. A new one is a module beside this one and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cloud.imports import contents, costs, deliveries, opening_stock, prices, sales_history
from cloud.imports.domain import ImportKind

KINDS: Mapping[str, ImportKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (prices.KIND, opening_stock.KIND, sales_history.KIND, contents.KIND, costs.KIND, deliveries.KIND)
    }
)
