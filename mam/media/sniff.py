"""What a file is by its bytes, never by its name: kind, content type, and whether it is a trap.

Reads the first bytes of a file (in process; nothing is decoded). The name only matters in one
direction: text that calls itself a film is refused instead of stored. Promises A14, B1, B8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import puremagic

from mam.errors import SourceError
from mam.media.sniff_pictures import PATTERNED, is_raw, picture_type
from mam.types import Kind

HEAD_BYTES = 64 * 1024

_MEDIA_NAMES = """
3g2 3gp aac ac3 aif aiff amr asf au avi avif avifs bmp caf dng dpx dv exr f4v flac flv gif heic heif ico jp2
jpe jpeg jpg jxl m2t m2ts m2v m4a m4v mka mkv mov mp2 mp3 mp4 mpeg mpg mts mxf oga ogg ogv opus png psd qt ra
ram rm rmvb tif tiff ts vob w64 wav webm webp wma wmv wv
"""
MEDIA_NAMES = frozenset(_MEDIA_NAMES.split())


@dataclass(frozen=True)
class Sniffed:
    """What the bytes say. `sure` is False where nothing was recognised and the type is a guess."""

    kind: Kind
    content_type: str
    sure: bool = True


# Endings that text has as well (TypeScript, Qt's translations): only their bytes tell.
_ALSO_TEXT = frozenset({"ts", "mts"})

_UNKNOWN = "application/octet-stream"
_TEXT_NAMES = frozenset({".txt", ".text", ".csv", ".tsv", ".md", ".log"})
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WIDE_BYTES = 64


# (offset, bytes, kind, content type); the first that fits answers.
_SIGNATURES: tuple[tuple[int, bytes, Kind, str], ...] = (
    (0, b"\xff\xd8\xff", "image", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image", "image/png"),
    (0, b"GIF87a", "image", "image/gif"),
    (0, b"GIF89a", "image", "image/gif"),
    (0, b"II*\0", "image", "image/tiff"),
    (0, b"MM\0*", "image", "image/tiff"),
    (0, b"II+\0", "image", "image/tiff"),
    (0, b"MM\0+", "image", "image/tiff"),
    (0, b"8BPS", "image", "image/vnd.adobe.photoshop"),
    (0, b"\0\0\0\x0cjP  \r\n", "image", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image", "image/j2c"),
    (0, b"\xff\x0a", "image", "image/jxl"),
    (0, b"\0\0\0\x0cJXL \r\n", "image", "image/jxl"),
    (0, b"v/1\x01", "image", "image/x-exr"),
    (0, b"SDPX", "image", "image/x-dpx"),
    (0, b"XPDS", "image", "image/x-dpx"),
    (0, b"\x80\x2a\x5f\xd7", "image", "image/x-cineon"),
    (0, b"\xd7\x5f\x2a\x80", "image", "image/x-cineon"),
    (0, b"#?RADIANCE", "image", "image/vnd.radiance"),
    (0, b"#?RGBE", "image", "image/vnd.radiance"),
    (0, b"DDS |\0\0\0", "image", "image/vnd.ms-dds"),
    (0, b"\x53\x80\xf6\x34", "image", "image/x-softimage"),
    (0, b"SIMPLE  =", "image", "image/fits"),
    (0, b"icns", "image", "image/icns"),
    (0, b"qoif", "image", "image/x-qoi"),
    (0, b"\x59\xa6\x6a\x95", "image", "image/x-sun-raster"),
    (0, b"FUJIFILMCCD-RAW ", "image", "image/x-raw"),
    (0, b"IIRO", "image", "image/x-raw"),
    (0, b"IIRS", "image", "image/x-raw"),
    (0, b"MMOR", "image", "image/x-raw"),
    (0, b"IIU\0", "image", "image/x-raw"),
    (0, b"FOVb", "image", "image/x-raw"),
    (0, b"\0MRM", "image", "image/x-raw"),
    (0, b"FLV\x01", "video", "video/x-flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video", "video/x-ms-asf"),
    (0, b".RMF", "video", "application/vnd.rn-realmedia"),
    (0, b"\0\0\1\xba", "video", "video/mpeg"),
    (0, b"\0\0\1\xb3", "video", "video/mpeg"),
    (0, b"\x1f\x07\0", "video", "video/x-dv"),
    (0, b"\0\0\1\xb0", "video", "video/mpeg4-generic"),
    (0, b"DKIF", "video", "video/x-ivf"),
    (0, b"YUV4MPEG2 ", "video", "video/x-raw-yuv"),
    (0, b"nut/multimedia container\0", "video", "video/x-nut"),
    (0, b"\0\0\0\0\1\xbc", "video", "application/gxf"),
    (0, b"TTA1", "audio", "audio/x-tta"),
    (0, b"MAC ", "audio", "audio/x-ape"),
    (0, b"MPCK", "audio", "audio/x-musepack"),
    (0, b"DTSHDHDR", "audio", "audio/vnd.dts.hd"),
    (0, b"\x7f\xfe\x80\1", "audio", "audio/vnd.dts"),
    (4, b"\xf8\x72\x6f", "audio", "audio/vnd.dolby.mlp"),
    (0, b"fLaC", "audio", "audio/flac"),
    (0, b"OggS", "audio", "audio/ogg"),
    (0, b"ID3", "audio", "audio/mpeg"),
    (0, b"riff\x2e\x91\xcf\x11", "audio", "audio/x-w64"),
    (0, b"caff", "audio", "audio/x-caf"),
    (0, b"#!AMR", "audio", "audio/amr"),
    (0, b"wvpk", "audio", "audio/x-wavpack"),
    (0, b".snd", "audio", "audio/basic"),
    (0, b"\x0b\x77", "audio", "audio/ac3"),
    (0, b"%PDF-", "document", "application/pdf"),
    (0, b"{\\rtf", "document", "application/rtf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document", "application/x-ole-storage"),
)  # fmt: skip
_OWN = PATTERNED | frozenset(one[3] for one in _SIGNATURES if one[2] == "image")
_CHUNKED: dict[bytes, tuple[Kind, str]] = {
    b"WAVE": ("audio", "audio/wav"),
    b"AVI ": ("video", "video/x-msvideo"),
    b"WEBP": ("image", "image/webp"),
    b"AIFF": ("audio", "audio/aiff"),
    b"AIFC": ("audio", "audio/aiff"),
    b"ILBM": ("image", "image/x-ilbm"),
    b"PBM ": ("image", "image/x-ilbm"),
}
_BRANDS: dict[bytes, tuple[Kind, str]] = {
    b"avif": ("image", "image/avif"),
    b"avis": ("image", "image/avif-sequence"),
    b"heic": ("image", "image/heic"),
    b"heix": ("image", "image/heic"),
    b"heim": ("image", "image/heic"),
    b"heis": ("image", "image/heic"),
    b"hevx": ("image", "image/heic-sequence"),
    b"hevc": ("image", "image/heic-sequence"),
    b"crx ": ("image", "image/x-canon-cr3"),
    b"qt  ": ("video", "video/quicktime"),
    b"M4A ": ("audio", "audio/mp4"),
    b"M4B ": ("audio", "audio/mp4"),
}
_OFFICE = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
# OpenDocument and EPUB: an entry of this name comes first, unpacked, and says the type.
_NAMED_ZIP = re.compile(
    rb"PK\x03\x04.{26}mimetype(application/(?:vnd\.oasis\.opendocument\.[a-z]+|epub\+zip))", re.DOTALL
)
_ISO_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof"))
_MXF_PARTITION = bytes.fromhex("060e2b34020501010d01020101")  # SMPTE ST 377-1: may come after a run-in
_TS_PACKETS = (188, 192, 204)
_TS_PROBE = 4
_LOAS_SYNC = 0x2B7  # ISO/IEC 14496-3, 1.7.2
# Lists of other addresses: a reader of media would open them. Never kept, whatever the name.
_TRAPS = re.compile(
    rb"\s*(?:#EXTM3U|ffconcat\s+version|v=0\r?\n[oas]=|\[playlist\]|\[reference\]|push graphic-context)",
    re.IGNORECASE,
)
_TRAP_ROOTS = frozenset(("mpd", "asx", "smil"))
_ROOT = re.compile(rb"<(?![!?])(?:[\w.-]+:)?([\w.-]+)")
_MIN_SIGNATURE = 3


def sniff(path: Path, filename: str = "") -> Sniffed:
    """Kind and content type of a file by its first bytes.

    `filename` is the user's. Raises `SourceError` (`source_rejected`) for an empty file, for lists of
    other files or addresses, and for text whose name says that it is a picture, a film or a sound.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not head:
        raise SourceError("The file is empty.")
    if _TRAPS.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise SourceError("The file is a list of other files or addresses, not media. It is never opened.")
    if head.startswith(b"PK\3\4"):
        head += _tail(path)  # where archives list what they hold
    picture = picture_type(head, filename)
    found = (Sniffed("image", picture) if picture else _by_bytes(head)) or _by_text(head)
    if found.content_type == _UNKNOWN and _is_old_text(head, filename):
        found = Sniffed("document", "text/plain", sure=False)
    if found.content_type.startswith("text/") and named_like_media(filename, but=_ALSO_TEXT):
        raise SourceError("The file is text, but its name says that it is media.")
    return found


def _is_old_text(head: bytes, filename: str) -> bool:
    """Whether a file that calls itself text is some, in an 8-bit code or in UTF-16 without its mark."""
    if PurePosixPath(filename).suffix.lower() not in _TEXT_NAMES:
        return False
    halves = head[:_WIDE_BYTES:2], head[1:_WIDE_BYTES:2]
    wide = any(not any(zeros) and not _CONTROLS.search(rest) for zeros, rest in (halves, halves[::-1]))
    return wide or _CONTROLS.search(head) is None


def _tail(path: Path) -> bytes:
    """The last bytes of a file."""
    with path.open("rb") as stream:
        stream.seek(max(HEAD_BYTES, path.stat().st_size - HEAD_BYTES))
        return stream.read(HEAD_BYTES)


def named_like_media(filename: str, *, but: frozenset[str] = frozenset()) -> bool:
    """Whether a name ends like that of a picture, a film or a sound, `but` for some endings."""
    return PurePosixPath(filename).suffix.lstrip(".").lower() in MEDIA_NAMES - but


def _by_bytes(head: bytes) -> Sniffed | None:
    """Answer for binary formats, most telling signature first."""
    if head[4:8] in _ISO_BOXES:
        return _iso(head)
    if head[:4] in {b"RIFF", b"RF64", b"BW64", b"FORM"} and head[8:12] in _CHUNKED:
        return Sniffed(*_CHUNKED[head[8:12]])
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return Sniffed("video", "video/webm" if b"webm" in head[:64] else "video/x-matroska")
    for offset, magic, kind, content_type in _SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            negative = content_type == "image/tiff" and is_raw(head)
            return Sniffed(kind, "image/x-raw" if negative else content_type)
    if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return _zip(head)
    return _by_rhythm(head)


def _iso(head: bytes) -> Sniffed:
    """Tell the members of the MP4 family apart by their brands; the major brand speaks first."""
    if head[4:8] != b"ftyp":
        return Sniffed("video", "video/quicktime")
    size = min(int.from_bytes(head[:4], "big"), 256)
    for brand in (head[at : at + 4] for at in (8, *range(16, size, 4))):
        if brand in _BRANDS and (brand == head[8:12] or head[8:12] in {b"mif1", b"msf1", b"miaf"}):
            return Sniffed(*_BRANDS[brand])
    if head[8:12] in {b"mif1", b"msf1"}:
        return Sniffed("image", "image/heif")
    return Sniffed("video", "video/3gpp" if head[8:10] == b"3g" else "video/mp4")


def _zip(head: bytes) -> Sniffed:
    """An archive, or an office document by the folders it begins with; nothing is unpacked."""
    named = _NAMED_ZIP.match(head)
    if named:
        return Sniffed("document", named[1].decode())
    if b"[Content_Types].xml" in head or b"_rels/" in head:
        for folder, content_type in _OFFICE.items():
            if folder in head:
                return Sniffed("document", content_type)
    return Sniffed("other", "application/zip")


def _by_rhythm(head: bytes) -> Sniffed | None:
    """Answer for formats without a signature at the start: frames, packets, a run-in."""
    if (bare := _elementary(head)) is not None:
        return bare
    if _MXF_PARTITION in head:
        return Sniffed("video", "application/mxf")
    for packet in _TS_PACKETS if _as_text(head) is None else ():  # lines of 47 letters are no packets
        for start in range(min(packet, len(head))):
            syncs = head[start : start + packet * _TS_PROBE : packet]
            if syncs == b"\x47" * _TS_PROBE:
                return Sniffed("video", "video/mp2t")
    if len(head) > _TS_PROBE and head[0] == 0xFF:  # noqa: PLR2004 - a frame's eleven sync bits
        if head[1] & 0xF6 == 0xF0:  # noqa: PLR2004 - ADTS: layer is 0
            return Sniffed("audio", "audio/aac", sure=False)
        layer_two_or_three = head[1] & 0xE0 == 0xE0 and head[1] >> 1 & 3 in {1, 2}  # noqa: PLR2004 - ISO 11172-3
        if layer_two_or_three and head[2] >> 4 != 0xF:  # noqa: PLR2004 - no such bit rate
            return Sniffed("audio", "audio/mpeg", sure=False)
    return None


def _is_loas(head: bytes) -> bool:
    """Whether AAC lies in LOAS, as broadcasters send it: two frames in a row, by their eleven sync bits."""
    if len(head) < len(b"xxx") or int.from_bytes(head[:2], "big") >> 5 != _LOAS_SYNC:
        return False
    second = len(b"xxx") + (int.from_bytes(head[1:3], "big") & 0x1FFF)
    return int.from_bytes(head[second : second + 2], "big") >> 5 == _LOAS_SYNC


def _elementary(head: bytes) -> Sniffed | None:
    """A bare H.264, HEVC, AV1 or AAC stream by its first unit; a guess: a start code is only three bytes."""
    if (
        head[:5] == b"\x12\0\x0a\x0b\0" or head[:4] == b"\x12\0\x0a\x0a"
    ):  # temporal delimiter, sequence header
        return Sniffed("video", "video/av1", sure=False)
    if _is_loas(head):
        return Sniffed("audio", "audio/mp4a-latm", sure=False)
    unit = head[4:6] if head[:4] == b"\0\0\0\1" else (head[3:5] if head[:3] == b"\0\0\1" else b"")
    if len(unit) < len(b"xx"):
        return None
    if unit[0] & 0x9F in {0x07, 0x09, 0x06} and unit[0] & 0x60 in {
        0,
        0x20,
        0x60,
    }:  # SPS, AUD, SEI: H.264 7.4.1
        return Sniffed("video", "video/h264", sure=False)
    if unit[0] >> 1 in {32, 33, 35, 39} and unit[1] == 1:  # VPS, SPS, AUD, SEI of layer 0: H.265 7.4.2.2
        return Sniffed("video", "video/h265", sure=False)
    return None


def _by_text(head: bytes) -> Sniffed:
    """Answer for text by its root element, else what the signature collection knows, else bytes."""
    text = _as_text(head)
    if text is None:
        return _by_collection(head)
    root = _ROOT.search(text) if text.lstrip()[:1] == b"<" else None
    name = root.group(1).decode("ascii", "replace").lower() if root else ""
    if name in _TRAP_ROOTS:
        raise SourceError("The file is a list of other files or addresses, not media. It is never opened.")
    if name == "svg":
        return Sniffed("image", "image/svg+xml")
    if name == "html" or b"<!doctype html" in text[:512].lower():
        return Sniffed("document", "text/html")
    return Sniffed("document", "text/xml" if name else "text/plain")


def _as_text(head: bytes) -> bytes | None:
    """The head as UTF-8 where it is text (UTF-16 with a mark included), else None."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    body = head.removeprefix(b"\xef\xbb\xbf")
    if _CONTROLS.search(body):
        return None
    try:
        body[:-4].decode("utf-8")
    except UnicodeDecodeError as error:
        return body if error.start >= len(body) - 8 else None
    return body


def _by_collection(head: bytes) -> Sniffed:
    """Ask puremagic's collection; a short signature proves little and is left out."""
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        matches = []
    for match in matches:
        if match.mime_type in _OWN:  # we looked more closely than at its first bytes
            continue
        if match.mime_type and len(match.byte_match or b"") > _MIN_SIGNATURE:
            return Sniffed(_kind_of(match.mime_type), match.mime_type, sure=False)
    return Sniffed("other", _UNKNOWN, sure=False)


def _kind_of(content_type: str) -> Kind:
    """The kind that a content type's first half names."""
    kinds: dict[str, Kind] = {"image": "image", "video": "video", "audio": "audio", "text": "document"}
    return kinds.get(content_type.partition("/")[0], "other")
