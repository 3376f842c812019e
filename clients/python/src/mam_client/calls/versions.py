"""Calls of `versions`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from typing import Literal

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def add_captions(
    version_id: str,
    content: bytes,
    *,
    language: str | Unset = UNSET,
    label: str | Unset = UNSET,
    forced: bool | Unset = UNSET,
    filename: str | Unset = UNSET,
) -> Call[models.CaptionFile]:
    """Take SRT, WebVTT, ASS, SBV, TTML, SCC or EBU STL as the body; the player has it a second later."""
    return Call(
        "add_captions",
        "POST",
        f"/api/versions/{version_id}/captions",
        query=given({"language": language, "label": label, "forced": forced, "filename": filename}),
        content=content,
    )


def analyse(
    version_id: str,
) -> Call[models.JobReference]:
    """Look at a version's master again; where that is being done already, the same job is answered."""
    return Call("analyse", "POST", f"/api/versions/{version_id}/analyse")


def approval_history(
    version_id: str,
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.Decided]:
    """Everything that was decided on a version, the latest first."""
    return ListCall(
        "approval_history",
        "GET",
        f"/api/versions/{version_id}/approvals/history",
        query=given({"cursor": cursor, "limit": limit}),
    )


def ask_review(
    version_id: str,
    *,
    reviewers: list[str] | Unset = UNSET,
    required: list[str] | Unset = UNSET,
    steps: list[models.StepIn] | Unset = UNSET,
    same_as: str | None | Unset = UNSET,
    rule: Literal["all", "any", "majority", "named"] | None | Unset = UNSET,
    due_at: str | None | Unset = UNSET,
) -> Call[models.Approvals]:
    """Ask people for a review of a version."""
    return Call(
        "ask_review",
        "POST",
        f"/api/versions/{version_id}/review",
        body=given(
            {
                "reviewers": reviewers,
                "required": required,
                "steps": steps,
                "same_as": same_as,
                "rule": rule,
                "due_at": due_at,
            }
        ),
        repeatable=True,
    )


def carry_notes(
    version_id: str,
    *,
    from_version_id: str,
    comment_ids: list[str] | None | Unset = UNSET,
    replies: bool | Unset = UNSET,
) -> Call[models.CarriedOver]:
    """Copy open notes of another version of the same asset onto this one, each once."""
    return Call(
        "carry_notes",
        "POST",
        f"/api/versions/{version_id}/comments/carry",
        body=given({"from_version_id": from_version_id, "comment_ids": comment_ids, "replies": replies}),
    )


def carry_offer(
    version_id: str,
) -> Call[models.CarryOffer]:
    """Whether an earlier version has open notes that are not on this one."""
    return Call("carry_offer", "GET", f"/api/versions/{version_id}/comments/carry")


def change_review(
    version_id: str,
    *,
    reviewers: list[str] | Unset = UNSET,
    required: list[str] | Unset = UNSET,
    steps: list[models.StepIn] | Unset = UNSET,
    rule: Literal["all", "any", "majority", "named"] | None | Unset = UNSET,
    due_at: str | None | Unset = UNSET,
) -> Call[models.Approvals]:
    """Change whom a review asks, in which steps, by which rule, until when."""
    return Call(
        "change_review",
        "PATCH",
        f"/api/versions/{version_id}/review",
        body=given(
            {"reviewers": reviewers, "required": required, "steps": steps, "rule": rule, "due_at": due_at}
        ),
    )


def decide(
    version_id: str,
    *,
    decision: Literal["approved", "changes_requested", "pending"],
    note: str | Unset = UNSET,
) -> Call[models.Approvals]:
    """Decide for yourself: approve, request changes, or take back what you said."""
    return Call(
        "decide",
        "PUT",
        f"/api/versions/{version_id}/approval",
        body=given({"decision": decision, "note": note}),
    )


def download_address(
    version_id: str,
    *,
    damaged: bool | Unset = UNSET,
) -> Call[str]:
    """Redirect to a signed address of the master; of a damaged one only where `damaged` says so."""
    return Call(
        "download_address",
        "GET",
        f"/api/versions/{version_id}/download",
        query=given({"damaged": damaged}),
        reads="address",
    )


def export_comments(
    version_id: str,
    *,
    format: Literal["csv", "edl", "avid", "fcpxml", "xmeml", "otio", "json", "pdf"] | Unset = UNSET,
    state: Literal["open", "resolved", "all"] | Unset = UNSET,
    ids: list[str] | Unset = UNSET,
) -> Call[bytes]:
    """The notes on a version as a file, for people or an editing system."""
    return Call(
        "export_comments",
        "GET",
        f"/api/versions/{version_id}/comments/export",
        query=given({"format": format, "state": state, "ids": ids}),
        reads="bytes",
    )


def get_analysis(
    version_id: str,
) -> Call[models.Analysis]:
    """What automatic QC found in a version's master, as markers on the preview's frames."""
    return Call("get_analysis", "GET", f"/api/versions/{version_id}/analysis")


def get_approvals(
    version_id: str,
) -> Call[models.Approvals]:
    """Where the review of a version stands: who is asked, in which step, what they said."""
    return Call("get_approvals", "GET", f"/api/versions/{version_id}/approvals")


def get_certificate(
    version_id: str,
    *,
    format: Literal["json", "pdf"] | Unset = UNSET,
) -> Call[bytes]:
    """The custody certificate, signed, as JSON or PDF."""
    return Call(
        "get_certificate",
        "GET",
        f"/api/versions/{version_id}/certificate",
        query=given({"format": format}),
        reads="bytes",
    )


def get_integrity(
    version_id: str,
) -> Call[models.Integrity]:
    """Hashes, the lock as the store tells it now, every check of the bytes."""
    return Call("get_integrity", "GET", f"/api/versions/{version_id}/integrity")


def get_version(
    version_id: str,
) -> Call[models.StackedVersion]:
    """A version as it stands in its stack."""
    return Call("get_version", "GET", f"/api/versions/{version_id}")


def import_comments(
    version_id: str,
    content: bytes,
    *,
    format: Literal["auto", "csv", "edl", "avid"] | Unset = UNSET,
    start: str | Unset = UNSET,
    dry_run: bool | Unset = UNSET,
) -> Call[models.NotesRead]:
    """Make notes of a list of markers in the body: a table, an EDL, Avid's list; each marker once."""
    return Call(
        "import_comments",
        "POST",
        f"/api/versions/{version_id}/comments/import",
        query=given({"format": format, "start": start, "dry_run": dry_run}),
        content=content,
    )


def label_version(
    version_id: str,
    *,
    label: str,
) -> Call[models.StackedVersion]:
    """Give a version a note of one line."""
    return Call("label_version", "PATCH", f"/api/versions/{version_id}", body=given({"label": label}))


def list_captions(
    version_id: str,
) -> Call[models.Page[models.CaptionFile]]:
    """The caption files that were added to a version; the film's own tracks are in `sign-preview`."""
    return Call("list_captions", "GET", f"/api/versions/{version_id}/captions")


def list_proxies(
    version_id: str,
) -> Call[models.Page[models.Proxy]]:
    """The proxies of a version, and how far they are."""
    return Call("list_proxies", "GET", f"/api/versions/{version_id}/proxies")


def list_similar(
    version_id: str,
) -> Call[models.LookAlikes]:
    """The same master elsewhere, and what looks the same, among what you see."""
    return Call("list_similar", "GET", f"/api/versions/{version_id}/similar")


def make_current(
    version_id: str,
) -> Call[models.StackedVersion]:
    """Show this version where its asset is shown."""
    return Call("make_current", "POST", f"/api/versions/{version_id}/current")


def proxy_address(
    version_id: str,
    proxy_id: str,
) -> Call[str]:
    """Redirect to a signed address of the proxy."""
    return Call(
        "proxy_address", "GET", f"/api/versions/{version_id}/proxies/{proxy_id}/download", reads="address"
    )


def remove_captions(
    version_id: str,
    captions_id: str,
) -> Call[None]:
    """Take a caption file away."""
    return Call(
        "remove_captions", "DELETE", f"/api/versions/{version_id}/captions/{captions_id}", reads="nothing"
    )


def remove_proxy(
    version_id: str,
    proxy_id: str,
) -> Call[None]:
    """Remove a proxy, or stop its making."""
    return Call("remove_proxy", "DELETE", f"/api/versions/{version_id}/proxies/{proxy_id}", reads="nothing")


def remove_version(
    version_id: str,
) -> Call[None]:
    """Take a version out of the stack; its master stays in custody, as locked as it is."""
    return Call("remove_version", "DELETE", f"/api/versions/{version_id}", reads="nothing")


def request_proxy(
    version_id: str,
    *,
    recipe: str,
) -> Call[models.Proxy]:
    """Have a proxy made, 'h264' or 'prores'; one that is there or on its way is answered as it is."""
    return Call(
        "request_proxy", "POST", f"/api/versions/{version_id}/proxies", body=given({"recipe": recipe})
    )


def restore_version(
    version_id: str,
) -> Call[models.StackedVersion]:
    """Put a version back into the stack."""
    return Call("restore_version", "POST", f"/api/versions/{version_id}/restore")


def set_legal_hold(
    version_id: str,
    *,
    on: bool,
    reason: str,
) -> Call[models.LockNow]:
    """Lock the master without an end, or lift that; answers the lock as the store then tells it."""
    return Call(
        "set_legal_hold",
        "PUT",
        f"/api/versions/{version_id}/legal-hold",
        body=given({"on": on, "reason": reason}),
    )


def undo_import(
    version_id: str,
    *,
    import_id: str,
) -> Call[models.ImportUndone]:
    """Take back the notes that an import brought; those that somebody worked with since stay."""
    return Call(
        "undo_import",
        "POST",
        f"/api/versions/{version_id}/comments/import/undo",
        body=given({"import_id": import_id}),
    )


def verify_master(
    version_id: str,
) -> Call[models.Verified]:
    """Read the master again and compare: at once, or as a job where it is big."""
    return Call("verify_master", "POST", f"/api/versions/{version_id}/verify")


def version_manifest(
    version_id: str,
) -> Call[bytes]:
    """The list of one master alone."""
    return Call("version_manifest", "GET", f"/api/versions/{version_id}/mhl", reads="bytes")


def withdraw_review(
    version_id: str,
) -> Call[None]:
    """End a review: nobody owes anything any more."""
    return Call("withdraw_review", "DELETE", f"/api/versions/{version_id}/review", reads="nothing")
