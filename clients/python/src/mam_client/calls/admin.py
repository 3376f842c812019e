"""Calls of `admin`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def cancel_job(
    job_id: str,
) -> Call[models.Job]:
    """Stop a queued or running job."""
    return Call("cancel_job", "POST", f"/api/admin/jobs/{job_id}/cancel")


def cancel_version_jobs(
    version_id: str,
) -> Call[models.Page[models.Job]]:
    """Stop everything that is done with a version."""
    return Call("cancel_version_jobs", "POST", f"/api/admin/versions/{version_id}/cancel")


def check_plugin(
    name: str,
) -> Call[models.Plugin]:
    """Ask a plugin to look at itself again."""
    return Call("check_plugin", "POST", f"/api/admin/plugins/{name}/check")


def configure_plugin(
    name: str,
    *,
    settings: dict[str, bool | int | float | str | list[str] | None],
) -> Call[models.Plugin]:
    """Change a plugin's settings; they hold from the next start of the box on (`restart_needed`)."""
    return Call(
        "configure_plugin", "PATCH", f"/api/admin/plugins/{name}/settings", body=given({"settings": settings})
    )


def create_invitation(
    *,
    email: str | None | Unset = UNSET,
    roles: list[str] | Unset = UNSET,
    projects: list[models.PlaceIn] | Unset = UNSET,
    days: int | Unset = UNSET,
    organisation_id: str | None | Unset = UNSET,
) -> Call[models.NewInvitation]:
    """Invite somebody by a link; the answer's `url` is the only place where it is told."""
    return Call(
        "create_invitation",
        "POST",
        "/api/admin/invitations",
        body=given(
            {
                "email": email,
                "roles": roles,
                "projects": projects,
                "days": days,
                "organisation_id": organisation_id,
            }
        ),
    )


def create_worker_token(
    *,
    minutes: int | Unset = UNSET,
) -> Call[models.NewWorkerToken]:
    """Make a one-time token for a machine that joins; the answer is the only place where it is told."""
    return Call("create_worker_token", "POST", "/api/admin/worker-tokens", body=given({"minutes": minutes}))


def disable_plugin(
    name: str,
) -> Call[models.Plugin]:
    """Switch a plugin off: it is asked no more, also after a restart."""
    return Call("disable_plugin", "POST", f"/api/admin/plugins/{name}/disable")


def drain_worker(
    worker_id: str,
) -> Call[models.Worker]:
    """Have a machine take no new job; what it does it ends."""
    return Call("drain_worker", "POST", f"/api/admin/workers/{worker_id}/drain")


def enable_plugin(
    name: str,
) -> Call[models.Plugin]:
    """Switch a plugin on again; only one that the TOML names can be."""
    return Call("enable_plugin", "POST", f"/api/admin/plugins/{name}/enable")


def erase_user(
    user_id: str,
    *,
    email: str,
    dry_run: bool | Unset = UNSET,
) -> Call[models.Erasure]:
    """Erase one person: name, address and logins go, notes and the audit log stay; or only say so."""
    return Call(
        "erase_user",
        "POST",
        f"/api/admin/users/{user_id}/erase",
        body=given({"email": email, "dry_run": dry_run}),
    )


def export_report(
    *,
    days: int | Unset = UNSET,
) -> Call[bytes]:
    """The same as CSV: section, day, id, name, figure, value."""
    return Call(
        "export_report", "GET", "/api/admin/report/export", query=given({"days": days}), reads="bytes"
    )


def export_user(
    user_id: str,
) -> Call[bytes]:
    """Everything about one person as a zip of JSON: account, logins, notes, files, the log."""
    return Call("export_user", "GET", f"/api/admin/users/{user_id}/export", reads="bytes")


def get_report(
    *,
    days: int | Unset = UNSET,
) -> Call[models.Report]:
    """Storage by project and its growth, activity, queue, encode times, popular assets, caches, people."""
    return Call("get_report", "GET", "/api/admin/report", query=given({"days": days}))


def get_update() -> Call[models.Update]:
    """The version that runs and where, how the last update went, the bundle that waits."""
    return Call("get_update", "GET", "/api/admin/update")


def get_user(
    user_id: str,
) -> Call[models.Person]:
    """Somebody with an account."""
    return Call("get_user", "GET", f"/api/admin/users/{user_id}")


def get_worker(
    worker_id: str,
) -> Call[models.Worker]:
    """One machine."""
    return Call("get_worker", "GET", f"/api/admin/workers/{worker_id}")


def install_update(
    *,
    older: bool | Unset = UNSET,
) -> Call[models.Update]:
    """Have the bundle written to the system partition that does not run."""
    return Call("install_update", "POST", "/api/admin/update/install", body=given({"older": older}))


def list_invitations(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.Invitation]:
    """All invitations, newest first; none tells its link."""
    return ListCall(
        "list_invitations", "GET", "/api/admin/invitations", query=given({"cursor": cursor, "limit": limit})
    )


def list_jobs(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    state: Literal["queued", "running", "done", "dead", "cancelled"] | None | Unset = UNSET,
    kind: str | None | Unset = UNSET,
    version_id: str | None | Unset = UNSET,
) -> ListCall[models.Job]:
    """The jobs, newest first."""
    return ListCall(
        "list_jobs",
        "GET",
        "/api/admin/jobs",
        query=given(
            {"cursor": cursor, "limit": limit, "state": state, "kind": kind, "version_id": version_id}
        ),
    )


def list_plugins() -> Call[models.Page[models.Plugin]]:
    """Every plugin, its state and the reason for it, its settings without the secrets."""
    return Call("list_plugins", "GET", "/api/admin/plugins")


def list_users(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
    organisation_id: str | None | Unset = UNSET,
) -> ListCall[models.Person]:
    """Everybody with an account."""
    return ListCall(
        "list_users",
        "GET",
        "/api/admin/users",
        query=given({"cursor": cursor, "limit": limit, "organisation_id": organisation_id}),
    )


def list_watches() -> Call[models.Page[models.WatchFolder]]:
    """The watch folders, what is in them by state, and what could not be taken in."""
    return Call("list_watches", "GET", "/api/admin/watch")


def list_worker_tokens(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.WorkerToken]:
    """The tokens that were made, newest first; none is told."""
    return ListCall(
        "list_worker_tokens",
        "GET",
        "/api/admin/worker-tokens",
        query=given({"cursor": cursor, "limit": limit}),
    )


def list_workers(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.Worker]:
    """The machines that work for the box, by name."""
    return ListCall(
        "list_workers", "GET", "/api/admin/workers", query=given({"cursor": cursor, "limit": limit})
    )


def prioritise_job(
    job_id: str,
    *,
    priority: int,
) -> Call[models.Job]:
    """Move a queued or running job before or behind others; what runs is not interrupted."""
    return Call(
        "prioritise_job", "POST", f"/api/admin/jobs/{job_id}/priority", body=given({"priority": priority})
    )


def prove_storage() -> Call[models.Page[models.StoreProof]]:
    """Have every store try to break its own lock now; what held."""
    return Call("prove_storage", "POST", "/api/admin/storage/prove")


def remove_worker(
    worker_id: str,
) -> Call[None]:
    """Take a machine off the list; one that joined by a token stops working."""
    return Call("remove_worker", "DELETE", f"/api/admin/workers/{worker_id}", reads="nothing")


def resume_worker(
    worker_id: str,
) -> Call[models.Worker]:
    """Have a drained machine take jobs again."""
    return Call("resume_worker", "POST", f"/api/admin/workers/{worker_id}/resume")


def retry_job(
    job_id: str,
) -> Call[models.Job]:
    """Run a dead or cancelled job again."""
    return Call("retry_job", "POST", f"/api/admin/jobs/{job_id}/retry")


def retry_watched(
    file_id: str,
) -> Call[models.WatchedFile]:
    """Try a file of a watch folder again."""
    return Call("retry_watched", "POST", f"/api/admin/watch/{file_id}/retry")


def revoke_invitation(
    invitation_id: str,
) -> Call[None]:
    """End an invitation that nobody has taken."""
    return Call("revoke_invitation", "DELETE", f"/api/admin/invitations/{invitation_id}", reads="nothing")


def revoke_worker_token(
    token_id: str,
) -> Call[None]:
    """End a token that nobody has used."""
    return Call("revoke_worker_token", "DELETE", f"/api/admin/worker-tokens/{token_id}", reads="nothing")


def send_bundle(
    content: bytes,
) -> Call[models.UpdateBundle]:
    """Take an update bundle as the body; refused as soon as its head does not hold."""
    return Call("send_bundle", "PUT", "/api/admin/update/bundle", content=content)


def start_update() -> Call[models.Update]:
    """Restart the machine with the version that was written; it comes back by itself if that is not well."""
    return Call("start_update", "POST", "/api/admin/update/restart")


def storage() -> Call[models.Storage]:
    """What eats space, and whether masters are locked."""
    return Call("storage", "GET", "/api/admin/storage")


def update_user(
    user_id: str,
    *,
    status: Literal["pending", "active", "disabled"] | Unset = UNSET,
    roles: list[str] | Unset = UNSET,
    display_name: str | Unset = UNSET,
    organisation_id: str | Unset = UNSET,
) -> Call[models.Person]:
    """Activate or disable somebody, change their roles or name; it holds from their next request on."""
    return Call(
        "update_user",
        "PATCH",
        f"/api/admin/users/{user_id}",
        body=given(
            {
                "status": status,
                "roles": roles,
                "display_name": display_name,
                "organisation_id": organisation_id,
            }
        ),
    )
