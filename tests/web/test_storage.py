"""What the API tells of the stores: locks proven on demand, copies, the scrub; for administrators alone."""

from __future__ import annotations

from web_people import Person

from mam.core import Mam
from mam.models import AuditEntry
from mam.web.api import answers, answers_box


async def test_locks_are_proven_on_demand(box: Mam, people: dict[str, Person]) -> None:
    """Issue 4, 2: POST /api/admin/storage/prove attacks a probe now, and tells and remembers what held."""
    # Given a box, when an administrator asks for the proof
    status, told = await people["admin"].call("POST", "/api/admin/storage/prove")
    # Then the store says what its lock is worth, by name of a state
    found = answers.Page[answers_box.StoreProof].model_validate(told)
    assert (status, [one.store for one in found.items]) == (200, [""])
    assert found.items[0].state in ("enforced", "advisory")
    # And the page of the storage tells the same, with how the scrub stands
    status, told = await people["admin"].call("GET", "/api/admin/storage")
    page = answers_box.Storage.model_validate(told)
    assert status == 200
    assert (page.stores[0].state, page.stores[0].at) == (found.items[0].state, found.items[0].at)
    assert (page.fixity.due, page.fixity.damaged, page.fixity.enabled) == (0, [], True)
    # And the log tells who asked; nobody else may
    assert AuditEntry.select().where(AuditEntry.action == "storage.lock_proven").count() == 1
    assert (await people["ana"].call("POST", "/api/admin/storage/prove"))[0] == 403
    assert (await people["nobody"].call("POST", "/api/admin/storage/prove"))[0] == 401
    assert list(box.storage.list("masters")) == []
