"""Whether this process is alive, and whether it can work. Open to everyone: nothing of the business is told."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from cloud.db.pool import Scope
from cloud.web.access import HqParts

router = APIRouter(prefix="/health", tags=["health"])


class Health(BaseModel):
    """`up`, or no answer at all; what is wrong is a problem document."""

    status: str = "up"


@router.get("/live")
async def live() -> Health:
    """The process answers."""
    return Health()


@router.get("/ready")
async def ready(hq: HqParts) -> Health:
    """The process answers and its database does; 503 otherwise."""
    async with hq.database.transaction(Scope.of_stores(()), reading=True):
        return Health()
