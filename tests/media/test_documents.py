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
        ("wide, no mark".encode("utf-16-be"), "text/plain", "wide, no mark"),
        (b"<html><script>no()</script><p>seen</p></html>", "text/html", "seen"),
    ],
)
def test_words_of_plain_files(
    sandbox: Sandbox, tmp_path: Path, content: bytes, content_type: str, words: str
) -> None:
    (tmp_path / "x").write_bytes(content)
    assert words_of(sandbox, tmp_path / "x", content_type).text == words


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPEN_SHEET = "application/vnd.oasis.opendocument.spreadsheet"


def xlsx(path: Path, rows: str) -> Path:
    """A workbook of one sheet, with two shared texts and a link to another file."""
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook {MAIN}><sheets><sheet name="Budget 2026"/></sheets></workbook>',
        "xl/sharedStrings.xml": f"<sst {MAIN}><si><t>Camera rental</t></si><si><t>Berlin</t></si></sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
        "xl/externalLinks/externalLink1.xml": f"<externalLink {MAIN}><t>elsewhere</t></externalLink>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def test_words_of_a_spreadsheet(sandbox: Sandbox, tmp_path: Path) -> None:
    """Names of sheets, texts and numbers; never the number of a shared text, a formula, or a link's words."""
    rows = (
        '<row><c t="s"><v>1</v></c><c><v>1250.5</v></c></row>'
        '<row><c t="inlineStr"><is><t>in the cell</t></is></c>'
        '<c t="str"><f>A1&amp;B1</f><v>worked out</v></c></row>'
    )
    source = xlsx(tmp_path / "a.xlsx", rows)
    assert sniff(source).content_type == SHEET
    text = words_of(sandbox, source, SHEET).text
    assert text.splitlines() == ["Budget 2026", "Camera rental", "Berlin", "1250.5", "in the cell worked out"]


def test_a_spreadsheet_of_two_million_cells_is_bounded(sandbox: Sandbox, tmp_path: Path) -> None:
    row = "<row>" + "".join(f"<c><v>{number}</v></c>" for number in range(100)) + "</row>"
    words = words_of(sandbox, xlsx(tmp_path / "a.xlsx", row * 20_000), SHEET)
    assert words.partial
    assert words.text.startswith("Budget 2026\nCamera rental")
    assert len(words.text) <= MAX_CHARACTERS


def test_words_of_an_open_spreadsheet_whose_row_repeats(sandbox: Sandbox, tmp_path: Path) -> None:
    """A million rows are one row of the file; the sheet's name is a word, too."""
    names = " ".join(
        f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"'
        for one in ("office", "text", "table")
    )
    cell = "<table:table-cell><text:p>Lens</text:p></table:table-cell>"
    table = f'<table:table table:name="Costs"><table:table-row table:number-rows-repeated="1000000">{cell}'
    content = (
        f"<office:document-content {names}>{table}</table:table-row></table:table></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), OPEN_SHEET)
        archive.writestr("content.xml", content)
    assert sniff(tmp_path / "a.ods").content_type == OPEN_SHEET
    assert words_of(sandbox, tmp_path / "a.ods", OPEN_SHEET).text.splitlines() == ["Costs", "Lens"]


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
