"""Workers: the machines that work for the box, drained and removed; tokens, and who joins by one."""

from __future__ import annotations

from typing import Any

from mam.services import worker_join, worker_nodes
from mam.web import identity
from mam.web.api import inputs_workers
from mam.web.routes import Call


async def list_workers(call: Call[Any]) -> Any:
    """The machines that work for the box, by name."""
    return await call.run(worker_nodes.list_nodes, **call.query.model_dump())


async def get_worker(call: Call[Any], worker_id: str) -> Any:
    """One machine."""
    return await call.run(worker_nodes.get_node, worker_id)


async def drain_worker(call: Call[Any], worker_id: str) -> Any:
    """Have a machine take no new job; what it does it ends."""
    return await call.run(worker_nodes.drain, worker_id)


async def resume_worker(call: Call[Any], worker_id: str) -> Any:
    """Have a drained machine take jobs again."""
    return await call.run(worker_nodes.resume, worker_id)


async def remove_worker(call: Call[Any], worker_id: str) -> None:
    """Take a machine off the list; one that joined by a token stops working."""
    await call.run(worker_nodes.remove, worker_id)


async def list_worker_tokens(call: Call[Any]) -> Any:
    """The tokens that were made, newest first; none is told."""
    return await call.run(worker_join.list_tokens, **call.query.model_dump())


async def create_worker_token(call: Call[inputs_workers.WorkerTokenIn]) -> Any:
    """Make a one-time token for a machine that joins; the answer is the only place where it is told."""
    return await call.run(worker_join.invite, base_url=call.base_url, minutes=call.body.minutes)


async def revoke_worker_token(call: Call[Any], token_id: str) -> None:
    """End a token that nobody has used."""
    await call.run(worker_join.revoke, token_id)


async def certificate(call: Call[Any]) -> Any:
    """The certificate that a joining machine compares with its token's fingerprint, then trusts."""
    return {"certificate": await call.plain(worker_join.certificate)}


async def join(call: Call[inputs_workers.WorkerJoinIn]) -> Any:
    """Exchange a one-time token for what a worker needs: addresses, credentials, keys."""
    here = identity.is_local(call.mam.config, call.request)
    return await call.plain(worker_join.join, address=call.address, here=here, **call.body.model_dump())
