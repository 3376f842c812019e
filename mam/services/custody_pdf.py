"""Draws a custody certificate as a PDF; the signed JSON lies inside, where the offline check finds it.

Pure: JSON in, PDF out. Names are drawn as text (`mam.services.paper`), never read as markup; East Asian ones
use fonts of the PDF reader, with the name in code points below. A project's letterhead is not signed.
"""

from __future__ import annotations

import base64
import functools
import io
import json
from collections.abc import Iterator
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, SimpleDocTemplate, Spacer

from mam.models import ProjectLook
from mam.services import paper
from mam.services.shapes import iso

MARK = "mam-custody-json:"
"""What the signed JSON begins with inside the PDF, in base64url."""

_MOST_LINES = 400  # of custody on paper; the JSON inside has them all
_MARGIN = 18 * mm
_COLUMN = A4[0] - 2 * _MARGIN - 12  # the frame of a page keeps 6 points on each side


def drawn(document: bytes, look: ProjectLook | None = None) -> bytes:
    """The certificate (signed JSON) as a PDF that carries it, under the letterhead of `look`."""
    said = json.loads(document)
    out = io.BytesIO()
    title = f"Custody certificate: {said['certificate']['version']['filename']}"
    page = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=paper.latin(title), author="MAM", keywords=MARK + base64.urlsafe_b64encode(document).decode(),
        pageCompression=1,
    )  # fmt: skip
    story = [*paper.letterhead(look, _COLUMN), *_story(said["certificate"], said["signature"])]
    page.build(story, onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _story(said: dict[str, Any], signature: dict[str, Any]) -> Iterator[Flowable]:
    version, lock, audit = said["version"], said["lock"], said["audit"]
    yield _line("Custody certificate", "title")
    yield _line(version["filename"], "name")
    if any(
        font for font, _run in paper.runs(version["filename"])
    ):  # a reader without such fonts draws nothing
        yield _line(f"File name in code points: {version['filename']!a}")
    yield from _table(
        ("Asset", f"{version['asset']['title']} (version {version['number']})"),
        ("Project", version["project"]["name"]),
        ("Size", f"{version['size']} bytes"),
        (
            "Uploaded",
            f"{version['created_at']} by {version['uploaded_by']['name'] or 'somebody removed since'}",
        ),
        ("SHA-256", said["hashes"]["sha256"]),
        ("xxh128", said["hashes"]["xxh128"]),
        ("C4", said["hashes"]["c4"] or "not computed yet"),
        ("Lock", _lock(lock)),
        ("Last proven", said["last_proven"] or "never since it came in"),
        ("Issued", f"{said['issued_at']} for {said['issued_by']['name']}"),
    )
    yield _line("Checks of the bytes", "heading")
    for one in said["checks"][:_MOST_LINES] or ():
        yield _line(f"{one['at']}  {'sound' if one['sound'] else 'DAMAGED'}  {one['by']}  {one['detail']}")
    yield _line("Custody", "heading")
    for one in said["custody"][-_MOST_LINES:]:
        yield _line(f"{one['seq']}  {iso(one['at'])}  {one['action']}  {one['actor_name']}  {one['address']}")
    yield _line("Audit log", "heading")
    anchor = audit["anchor"]
    yield from _table(
        ("Entries", f"{audit['first_seq']} to {audit['last_seq']}"),
        ("Head", f"{audit['head']['seq']}  {audit['head']['hash']}"),
        ("Anchor", f"entry {anchor['seq']}, {anchor['at']}, {anchor['object']}" if anchor else "none"),
        ("Signed by", f"{signature['algorithm']} key {signature['key_id']} ({signature['public_key']})"),
        ("Signature", signature["value"]),
    )
    yield _line("Check this file with: mam audit verify --certificate FILE [--key KEY] [--master FILE]")


def _lock(lock: dict[str, Any]) -> str:
    if not lock["locked"]:
        return "not locked"
    held = "under legal hold" if lock["legal_hold"] else ""
    until = f"until {lock['retain_until']}" if lock["retain_until"] else ""
    source = "read back from the store" if lock["read_back"] else "as noted; the store was not asked"
    return f"locked {' and '.join(filter(None, (held, until)))} ({source} {lock['checked_at']})"


def _table(*rows: tuple[str, str]) -> Iterator[Flowable]:
    for label, value in rows:
        yield _line(f"{label}:  {value}")


def _line(text: str, style: str = "body") -> Flowable:
    return paper.set_in(text, _styles()[style], _COLUMN) if text else Spacer(1, 2 * mm)


@functools.lru_cache(maxsize=1)
def _styles() -> dict[str, ParagraphStyle]:
    body = paper.body_style()
    return {
        "body": body,
        "title": ParagraphStyle("title", body, fontSize=18, leading=24),
        "name": ParagraphStyle("name", body, fontSize=12, leading=18, spaceAfter=6),
        "heading": ParagraphStyle("heading", body, fontSize=11, leading=18, spaceBefore=8),
    }


def _foot(canvas: Any, page: Any) -> None:
    canvas.setFont("Helvetica", 7)
    canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, f"MAM custody certificate, page {page.page}")
