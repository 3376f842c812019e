"""What the calls about the box's report take."""

from __future__ import annotations

from pydantic import Field

from mam.web.bodies import Query


class ReportQuery(Query):
    """How far back; days of UTC, today among them."""

    days: int = Field(30, ge=1, le=366, description="How many days, today among them.")
