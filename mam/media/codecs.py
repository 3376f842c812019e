"""RFC 6381 codec strings, read out of the init segments that our own encoders wrote. Pure.

H.264 and HEVC (`avcC`, `hvcC` of ISO/IEC 14496-15), AV1 (`av1C` of its ISOBMFF binding) and AAC (`esds` of
ISO/IEC 14496-1 and 14496-14) are known: that is what the ladder makes. Never handed a user's bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

_HEADER = 8
_FULL_BOX = 4
_STSD_HEADER = _FULL_BOX + 4  # version and flags, entry count
_VISUAL_ENTRY = 78  # bytes of VisualSampleEntry before its boxes
_AVCC_LEVEL_END = 4  # version, then profile, compatibility and level: the three bytes of the string
_HVCC_LEVEL_END = 13  # version, profile, compatibility, six bytes of constraints, level
_AV1C_END = 3
_TIERS = "LH"
_PROFILE_SPACES = ("", "A", "B", "C")
_AUDIO_ENTRY = 28  # bytes of AudioSampleEntry before its boxes
_ES_DESCRIPTOR, _DECODER_CONFIG, _DECODER_SPECIFIC = 0x03, 0x04, 0x05
_DESCRIPTOR_HEAD = {_ES_DESCRIPTOR: 3, _DECODER_CONFIG: 13}
_ESCAPED_OBJECT_TYPE = 31


def codec_of(init: bytes) -> str:
    """The codec string of an init segment's first track ("avc1.640028", "mp4a.40.2").

    Raises ValueError where there is none that we know.
    """
    for name, reader in _READERS.items():
        entry = _find(init, ("moov", "trak", "mdia", "minf", "stbl", "stsd", name))
        if entry is not None:
            return reader(name, entry)
    raise ValueError("the init segment holds no H.264, no HEVC, no AV1 and no AAC track")


def _boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    offset = 0
    while offset + _HEADER <= len(data):
        size = int.from_bytes(data[offset : offset + 4], "big")
        if size < _HEADER or offset + size > len(data):
            return
        yield data[offset + 4 : offset + 8].decode("latin-1"), data[offset + _HEADER : offset + size]
        offset += size


def _find(data: bytes, path: tuple[str, ...]) -> bytes | None:
    """The body of the first box at `path`; an `stsd`'s entries lie behind its counter."""
    for name, body in _boxes(data):
        if name == path[0]:
            inner = body[_STSD_HEADER:] if name == "stsd" else body
            found = body if len(path) == 1 else _find(inner, path[1:])
            if found is not None:
                return found
    return None


def _configured(entry: bytes, name: str, length: int) -> bytes:
    """The box that sets a picture's decoder up; ValueError where it is missing or shorter than `length`."""
    config = _find(entry[_VISUAL_ENTRY:], (name,))
    if config is None or len(config) < length:
        raise ValueError(f"the track has no {name} box")
    return config


def _h264(name: str, entry: bytes) -> str:
    config = _configured(entry, "avcC", _AVCC_LEVEL_END)
    return f"{name}.{config[1:_AVCC_LEVEL_END].hex()}"


def _hevc(name: str, entry: bytes) -> str:
    """`hvc1.1.6.L93.B0`: profile, its compatibility with the bits reversed, tier and level, constraints."""
    config = _configured(entry, "hvcC", _HVCC_LEVEL_END)
    space, tier, profile = config[1] >> 6, config[1] >> 5 & 1, config[1] & 0x1F
    compatible = int(f"{int.from_bytes(config[2:6], 'big'):032b}"[::-1], 2)
    constraints = [f"{byte:X}" for byte in config[6:12].rstrip(b"\0")]
    words = [name, f"{_PROFILE_SPACES[space]}{profile}", f"{compatible:X}", f"{_TIERS[tier]}{config[12]}"]
    return ".".join([*words, *constraints])


def _av1(name: str, entry: bytes) -> str:
    """`av01.0.04M.08`: profile, level and tier, bits a sample."""
    config = _configured(entry, "av1C", _AV1C_END)
    profile, level = config[1] >> 5, config[1] & 0x1F
    tier, high, twelve = (config[2] >> shift & 1 for shift in (7, 6, 5))
    depth = 8 + 2 * high + 2 * (high & twelve)
    return f"{name}.{profile}.{level:02d}{'MH'[tier]}.{depth:02d}"


def _audio(_name: str, entry: bytes) -> str:
    config = _find(entry[_AUDIO_ENTRY:], ("esds",))
    if config is None:
        raise ValueError("the AAC track has no esds box")
    try:
        decoder = _descriptor(_descriptor(config[_FULL_BOX:], _ES_DESCRIPTOR), _DECODER_CONFIG, skip=False)
        specific = _descriptor(decoder[_DESCRIPTOR_HEAD[_DECODER_CONFIG] :], _DECODER_SPECIFIC)
        return f"mp4a.{decoder[0]:02x}.{_object_type(specific)}"
    except IndexError:
        raise ValueError("the AAC track's esds box is cut short") from None


def _descriptor(data: bytes, tag: int, *, skip: bool = True) -> bytes:
    """The body of the descriptor `tag` that `data` begins with, without its fixed head where `skip`."""
    if not data or data[0] != tag:
        raise ValueError(f"expected MPEG-4 descriptor {tag:#x}")
    length, position = 0, 1
    while True:
        byte = data[position]
        length, position = (length << 7) | (byte & 0x7F), position + 1
        if not byte & 0x80:
            break
    head = _DESCRIPTOR_HEAD.get(tag, 0) if skip else 0
    return data[position + head : position + length]


def _object_type(specific: bytes) -> int:
    """The audio object type: 5 bits, or 6 more behind an escape (ISO/IEC 14496-3)."""
    kind = specific[0] >> 3
    if kind == _ESCAPED_OBJECT_TYPE:
        return 32 + ((specific[0] & 0x07) << 3 | specific[1] >> 5)
    return kind


_READERS: dict[str, Callable[[str, bytes], str]] = {
    "avc1": _h264,
    "avc3": _h264,
    "hvc1": _hevc,
    "hev1": _hevc,
    "av01": _av1,
    "mp4a": _audio,
}
"""How the codec string of each kind of track is read."""
