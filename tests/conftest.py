"""Fixtures any test may ask for by name."""

from tests.support.hq_ground import (  # noqa: F401
    any_database,
    embedded_broker,
    embedded_database,
    empty_database,
    hq_broker,
    hq_database,
    hq_pki,
    postgres_servers,
)
