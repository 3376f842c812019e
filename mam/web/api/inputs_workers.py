"""What the calls about workers take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mam.services import worker_facts, worker_join
from mam.web.bodies import Input

Word = StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z._+-]+$")


class WorkerTokenIn(Input):
    """A new token; it holds for so many minutes."""

    minutes: Annotated[int, Field(ge=1, le=worker_join.MOST_MINUTES)] = worker_join.MINUTES


class WorkerJoinIn(Input):
    """What a machine brings that joins: the token without its fingerprint, its version of MAM, its name."""

    token: Annotated[str, Field(min_length=1, max_length=200)]
    version: Annotated[str, Word]
    host: Annotated[str, StringConstraints(min_length=1, max_length=worker_facts.LONGEST_NAME)]
