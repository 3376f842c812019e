"""Documents: pages and words, bounded; archives that are traps stay closed."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from mam.errors import SourceError
from mam.media.documents import MAX_CHARACTERS, words_of
from mam.media.images import Pages, image_info, make_pictures
from mam.media.sandbox import Sandbox
from mam.media.sniff import sniff

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(path: Path, body: str, *, head: str = "", extra: dict[str, bytes] | None = None) -> Path:
    """A text document whose body is this XML."""
    document = (
        f'<?xml version="1.0"?>{head}<w:document xmlns:w="{NAMESPACE}"><w:body>{body}</w:body></w:document>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", document)
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return path


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def pdf(path: Path, pages: int) -> Path:
    first, *others = (Image.new("RGB", (60, 80), (number * 20, 0, 0)) for number in range(pages))
    first.save(path, save_all=True, append_images=others)
    return path


def test_pages_are_drawn_from_any_page_on(sandbox: Sandbox, tmp_path: Path) -> None:
    """Issue 3, item 1: PDF pages as images."""
    source = pdf(tmp_path / "five.pdf", 5)
    assert image_info(sandbox, source).pages == 5
    # When the first two are drawn, and later the others
    for name, pages in {"a": Pages(last=2, side=400), "b": Pages(first=3, side=400)}.items():
        (tmp_path / name).mkdir()
        info = make_pictures(sandbox, source, tmp_path / name, pages=pages)
        assert info.drawn == (2 if name == "a" else 5)
    # Then each lies there once, at the size that was asked for, and the poster with the first
    found = sorted(path.name for path in tmp_path.glob("[ab]/*"))
    assert found == [*(f"picture-{number}.jpg" for number in range(1, 6)), "poster.jpg"]
    assert max(Image.open(tmp_path / "b/picture-5.jpg").size) == 400


def test_a_broken_pdf_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(SourceError) as caught:
        image_info(sandbox, tmp_path / "x.pdf")
    assert caught.value.error_code == "source_corrupt"


def test_words_of_a_text_document(sandbox: Sandbox, tmp_path: Path) -> None:
    source = docx(tmp_path / "a.docx", paragraph("Grüße an") + paragraph("alle &amp; jeden"))
    assert sniff(source).content_type == WORD
    assert words_of(sandbox, source, WORD).text == "Grüße an\nalle & jeden"


@pytest.mark.parametrize(
    ("content", "content_type", "words"),
    [
        (b"{\\rtf1{\\fonttbl Arial;}Caf\\'e9 \\b bold\\par next}", "application/rtf", "Café bold\nnext"),
        ("plain ünd simple".encode(), "text/plain", "plain ünd simple"),
        ("wide text".encode("utf-16"), "text/plain", "wide text"),
        (b"<html><script>no()</script><p>seen</p></html>", "text/html", "seen"),
    ],
)
def test_words_of_plain_files(
    sandbox: Sandbox, tmp_path: Path, content: bytes, content_type: str, words: str
) -> None:
    (tmp_path / "x").write_bytes(content)
    assert words_of(sandbox, tmp_path / "x", content_type).text == words


def test_archives_are_not_trusted(sandbox: Sandbox, tmp_path: Path) -> None:
    """Promise B8: bytes, ratio and depth are bounded, no entity, no link, nothing beside what is known."""
    entity = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    bombs = {
        "entity": docx(tmp_path / "1", paragraph("&x;"), head=entity),
        "depth": docx(tmp_path / "2", "<w:p>" * 5000 + "</w:p>" * 5000),
        "ratio": docx(tmp_path / "3", paragraph("a" * 60_000_000)),
        "outside": docx(
            tmp_path / "4", paragraph("kept"), extra={"../../evil": b"x", "word/../../x.xml": b"<x/>"}
        ),
    }
    for name, source in bombs.items():
        words = words_of(sandbox, source, WORD)
        assert "root:" not in words.text
        assert len(words.text) <= MAX_CHARACTERS
        assert words.partial == (name != "outside")
    assert not (tmp_path.parent / "evil").exists()


def test_an_archive_of_too_many_entries_stays_closed(sandbox: Sandbox, tmp_path: Path) -> None:
    many = {f"word/header{number}.xml": b"" for number in range(21_000)}
    with pytest.raises(SourceError) as caught:
        words_of(sandbox, docx(tmp_path / "x", "", extra=many), WORD)
    assert caught.value.error_code == "source_corrupt"
