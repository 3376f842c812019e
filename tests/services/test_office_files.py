"""Office files from a master to what is shown: their first page by the installed suite, else a clear note."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import pyvips
from test_document_pages import examined, stored

from mam.core import Mam
from mam.media.office import find_suite
from mam.models import AssetSearch
from mam.services import preview_state

WORDS = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="word/document.xml" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)


@pytest.fixture
def path_of_programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """PATH may be changed; what is found on it is looked for again."""
    find_suite.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    find_suite.cache_clear()


def letter() -> bytes:
    """A letter of one line, as a word processor writes it."""
    line = "<w:p><w:r><w:t>Dear projectionist</w:t></w:r></w:p>"
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": RELATIONS,
        "word/document.xml": WORDS.format(line),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def test_a_letter_shows_its_page_or_says_what_is_missing(
    sqlite_box: Mam, path_of_programs: pytest.MonkeyPatch
) -> None:
    """Issue 3, item 1: a first-page image where a real converter is present, else a clear "no preview"."""
    # Given this machine as it is, when a letter comes
    version = examined(sqlite_box, stored(sqlite_box, letter(), "letter.docx"))
    # Then its words are known
    assert " dear projectionist " in AssetSearch.get(AssetSearch.asset == version.asset_id).words
    # And with a suite its page is a picture with ink on it, without one the note names what is missing
    if find_suite() is None:
        assert preview_state.status_of(version)["status"] == "unsupported"
        assert "LibreOffice" in dict(version.media or {})["note"]
        return
    assert preview_state.status_of(version)["status"] == "ready"
    with sqlite_box.storage.open(
        "previews", f"{version.id}/{version.preview_generation}/picture-1.jpg"
    ) as file:
        page = pyvips.Image.new_from_buffer(file.read(), "")
    assert page.height > page.width > 1000
    assert page.min() < 128 < page.avg()


def test_without_a_suite_the_note_says_so(
    sqlite_box: Mam, path_of_programs: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Promise B14: kept is not failed, and the reason names what is missing."""
    # Given a PATH with ffmpeg and no suite
    for name in ("ffmpeg", "ffprobe"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    path_of_programs.setenv("PATH", str(tmp_path))
    version = examined(sqlite_box, stored(sqlite_box, letter(), "letter.docx"))
    assert preview_state.status_of(version)["status"] == "unsupported"
    assert dict(version.media or {})["note"] == (
        "No preview: no office suite (LibreOffice) is installed here that would draw its pages. "
        "Its words are found by search."
    )


def test_a_suite_that_does_not_start_fails_no_preview(
    sqlite_box: Mam, path_of_programs: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Promise B14: what the suite cannot draw is kept with the reason; nobody tries again and again."""
    # Given a suite on PATH whose library is none
    for name in ("soffice", "libmergedlo.so"):
        (tmp_path / name).write_bytes(b"")
        (tmp_path / name).chmod(0o755)
    path_of_programs.setenv("PATH", str(tmp_path), prepend=":")
    assert find_suite() == tmp_path
    # When a letter comes
    version = examined(sqlite_box, stored(sqlite_box, letter(), "letter.docx"))
    # Then it is kept, with its words
    assert preview_state.status_of(version)["status"] == "unsupported"
    assert dict(version.media or {})["note"] == (
        "No preview: The office suite that is installed here does not start."
    )
