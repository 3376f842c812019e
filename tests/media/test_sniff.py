"""Types come from bytes; lists of other files never come in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import hostile
import pytest

from mam.errors import SourceError
from mam.media.sniff import named_like_media, sniff

KNOWN = {
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/png": hostile.png(1, 1),
    "image/gif": hostile.huge_gif(),
    "image/webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "image/tiff": b"II*\0\x08\0\0\0",
    "image/avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1",
    "image/heic": b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic",
    "image/heif": b"\0\0\0\x14ftypmif1\0\0\0\0mif1",
    "image/svg+xml": b"<?xml version='1.0'?>\n<!-- a --><svg:svg xmlns:svg='x'/>",
    "image/vnd.adobe.photoshop": b"8BPS\0\1",
    "video/mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomavif",
    "video/quicktime": b"\0\0\0\x08wide\0\0\0\0mdat",
    "video/webm": b"\x1a\x45\xdf\xa3\x93\x42\x82\x88webm",
    "video/x-matroska": b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska",
    "video/mp2t": b"junk" + (b"\x47" + bytes(187)) * 5,
    "application/mxf": bytes(700) + bytes.fromhex("060e2b34020501010d01020101020400"),
    "audio/mp4": b"\0\0\0\x18ftypM4A \0\0\2\0",
    "audio/wav": hostile.four_gigabyte_wav(),
    "audio/mp4a-latm": (b"\x56\xe0\x04" + bytes(4)) * 2,
    "audio/aac": b"\xff\xf1\x50\x80\x02\x1f\xfc",
    "audio/mpeg": b"\xff\xfb\x90\x64\0\0",
    "application/pdf": b"%PDF-1.7\n",
    "text/html": b"<!DOCTYPE html><html><script>alert(1)</script>",
    "text/plain": "Grüße, a list of shots\n".encode(),
    "text/xml": "<?xml version='1.0'?><shots/>".encode("utf-16"),
    "application/octet-stream": bytes(100),
}


@pytest.mark.parametrize("content_type", KNOWN)
def test_bytes_name_the_type(tmp_path: Path, content_type: str) -> None:
    """Promise A14: whatever the file is called."""
    path = tmp_path / "whatever.exe"
    path.write_bytes(KNOWN[content_type])
    assert sniff(path, path.name).content_type == content_type


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"$PMGNTRK,4415.163,N,07631.126,W,00095,M,110833.53,A,,030409*68\r\n" * 60, "document"),
        (bytes.fromhex("000001000000068a0000058a00000046") + bytes(600), "other"),
        (bytes.fromhex("00000100010020200000010020002804") + bytes(600), "image"),
    ],
    ids=["lines as long as packets", "a font of a Mac", "an icon"],
)
def test_a_likeness_is_no_proof(tmp_path: Path, content: bytes, kind: str) -> None:
    """Promise B14: what only looks like media is kept, not called damaged."""
    (tmp_path / "file").write_bytes(content)
    assert sniff(tmp_path / "file", "file").kind == kind


OLD_TEXTS = {
    "cp1252": "Grüße, eine Liste\r\n".encode("cp1252") * 9,
    "shift-jis": "字幕の一覧\r\n".encode("shift-jis") * 9,
    "utf-16-be": "Grüße, eine Liste\r\n".encode("utf-16-be") * 9,
}


@pytest.mark.parametrize("code", OLD_TEXTS)
def test_text_in_an_older_code_is_text_where_its_name_says_so(tmp_path: Path, code: str) -> None:
    path = tmp_path / "any"
    path.write_bytes(OLD_TEXTS[code])
    assert sniff(path, "list.TXT").content_type == "text/plain"
    assert sniff(path, "list.dat").kind == "other"
    path.write_bytes(bytes(range(256)) * 9)
    assert sniff(path, "list.txt").kind == "other"


def test_every_list_of_other_files_is_refused(tmp_path: Path) -> None:
    """Promise B1: in microseconds, before any reader of media sees it, with and without a telling name."""
    for name, content in hostile.disguised(Path("/x/canary.ts"), 9).items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(SourceError) as caught:
            sniff(path, name)
        assert caught.value.error_code == "source_rejected"


@pytest.mark.parametrize(
    "content", [KNOWN["text/html"], KNOWN["text/plain"], b"%!PS-Adobe", b"\xef\xbb\xbfhello"]
)
def test_text_that_calls_itself_a_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    """Promise A14: and the same bytes under an honest name are a document."""
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="name says that it is media"):
        sniff(path, "holiday.JPG")
    assert sniff(path, "notes").kind == "document"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(SourceError, match="empty"):
        sniff(tmp_path / "x", "x.mov")


def test_archives_stay_shut(tmp_path: Path) -> None:
    """Promise B8: an archive is opaque; an office document is known by its first entries' names only."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/cron.d/x", "slip")
        archive.writestr("bomb", bytes(20 << 20))
    (tmp_path / "x").write_bytes(packed.getvalue())
    assert sniff(tmp_path / "x", "x.zip").content_type == "application/zip"
    office = io.BytesIO()
    with zipfile.ZipFile(office, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    (tmp_path / "y").write_bytes(office.getvalue())
    assert "wordprocessingml" in sniff(tmp_path / "y", "y.docx").content_type


def test_names_of_media() -> None:
    assert named_like_media("A/B.CLIP.MOV")
    assert not named_like_media("report.pdf")
    assert not named_like_media("mov")
