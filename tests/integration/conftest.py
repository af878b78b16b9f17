"""Fixtures of this room that stand on the whole people API."""

from tests.support.hq_chain import furnished_chain  # noqa: F401
