"""Hashes of one pass against those of other tools."""

from __future__ import annotations

import hashlib
import io
import os
import random

import pytest
import xxhash

from mam.media.checksums import PIECE, Hasher, c4_bytes, c4_of, hash_stream

# What the reference `ascmhl` tool 1.2 writes for the file "hello\n", and the id of nothing.
HELLO_C4 = "c45dkQrAqUiR8WzPGgn6fAGji3VAVeAE7cKVG4G53ou9dTk4Nzb9vFYEwzy9jq5ZKQKM64DMpPpVbYe2bMsZP2yYKi"
HELLO_XXH128 = "6bba86c7e069f56d5a10b435f1c8e49c"
NOTHING_C4 = "c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT"


def test_a_file_has_the_ids_that_other_tools_give_it() -> None:
    # When a stream is hashed, then its ids are those of the reference tools
    found = hash_stream(io.BytesIO(b"hello\n"))
    assert (found.size, found.c4, found.xxh128) == (6, HELLO_C4, HELLO_XXH128)
    assert hash_stream(io.BytesIO(b"")).c4 == NOTHING_C4


def test_pieces_of_every_size_make_the_same_hash() -> None:
    # Given bytes that come in small pieces, large ones, and memory that is used again at once
    data = os.urandom(3 * PIECE + 17)
    hasher, at, memory = Hasher(), 0, bytearray(PIECE)
    dice = random.Random(7)  # noqa: S311 - sizes of pieces
    while at < len(data):
        size = min(dice.choice((1, 1000, PIECE // 3, PIECE)), len(data) - at)
        memory[:size] = data[at : at + size]
        hasher.update(memoryview(memory)[:size])
        at += size
    # Then all three are those of the whole
    found = hasher.digests()
    assert (found.size, found.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert found.xxh128 == xxhash.xxh3_128_hexdigest(data)
    assert c4_bytes(found.c4) == hashlib.sha512(data).digest()


@pytest.mark.parametrize("wrong", ["", "c4", "c4" + "0" * 88, "c5" + "1" * 88, "c4" + "z" * 88])
def test_what_is_no_c4_id_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"C4 id|substring"):
        c4_bytes(wrong)


def test_a_c4_id_keeps_leading_zeros() -> None:
    assert c4_bytes(c4_of(bytes(63) + b"\1")) == bytes(63) + b"\1"


def test_a_forked_process_hashes_large_pieces_too() -> None:
    # Given a process whose hashing threads run
    data = bytes(PIECE)
    here = hash_stream(io.BytesIO(data)).c4
    # When it is forked, as the web server does, then the child hashes with threads of its own
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writer, hash_stream(io.BytesIO(data)).c4.encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 200).decode() == here
