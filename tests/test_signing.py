"""Tokens and grants: what holds, and that nothing else does."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mam import signing
from mam.errors import ConfigError, GrantError, GrantExpiredError, ValidationError
from mam.keyring import KeyRing

NOW = 1_790_000_000
VERSION = "01999999-0000-7000-8000-000000000001"
OTHER = "01999999-0000-7000-8000-000000000002"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.open(tmp_path / "keys.json")


def make(ring: KeyRing, seconds: int = 60, **more: object) -> str:
    return signing.make_grant(ring, version_id=VERSION, expires_in=seconds, now=NOW, **more)


def check(ring: KeyRing, token: str, at: float = NOW, ip: str = "10.0.0.1") -> signing.Grant:
    return signing.check_grant(ring, token, version_id=VERSION, now=at, ip=ip)


# --- tokens --------------------------------------------------------------------------------------


def test_a_token_gives_back_its_fields(ring: KeyRing) -> None:
    # Given fields with every awkward kind of text
    fields = ["", "a/b", "é\N{WOMAN}", 12, "x" * 300]
    # When they are signed and verified
    token = signing.sign(ring, "test", fields)
    # Then they come back as text, in order
    assert signing.verify(ring, "test", token) == ("", "a/b", "é\N{WOMAN}", "12", "x" * 300)


def test_every_flipped_character_is_refused(ring: KeyRing) -> None:
    """Promise E2: every other character at every place is refused, unused bits of the last one included."""
    for length in range(4):  # all four lengths modulo the base64 group
        token = signing.sign(ring, "test", ["v" * length, 1])
        for at, old in enumerate(token):
            for new in ALPHABET:
                if new != old:
                    with pytest.raises(GrantError):
                        signing.verify(ring, "test", token[:at] + new + token[at + 1 :])


def test_every_flipped_byte_under_the_encoding_is_refused(ring: KeyRing) -> None:
    """Promise E2: format, key id, lengths, fields and signature, each byte with each bit changed."""
    raw = base64.urlsafe_b64decode(make(ring) + "==")
    for at in range(len(raw)):
        for bit in range(8):
            bad = bytearray(raw)
            bad[at] ^= 1 << bit
            with pytest.raises(GrantError):
                check(ring, base64.urlsafe_b64encode(bytes(bad)).rstrip(b"=").decode())


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda t: t[:-1],
        lambda t: t[:20],
        lambda t: t + "A",
        lambda t: t + "=",
        lambda t: t + "\n",
        lambda t: " " + t,
        lambda t: t.upper(),
        lambda t: t.swapcase(),
        lambda t: t + t,
        lambda t: t * 60,
        lambda t: t.replace("A", "\N{FULLWIDTH LATIN CAPITAL LETTER A}", 1),
        lambda t: t[:10] + "\x00" + t[11:],
    ],
)
def test_other_spellings_are_refused_with_one_sentence(ring: KeyRing, change: object) -> None:
    """Promise E2: truncated, doubled, padded, other case, other alphabet: one same refusal."""
    token = make(ring)
    with pytest.raises(GrantError, match=r"^This signed address does not hold; ask for a new one\.$"):
        check(ring, change(token))


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_is_refused_and_never_crashes(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    ring = _shared_ring(tmp_path_factory)
    with pytest.raises(GrantError):
        signing.verify(ring, "test", text)


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(min_size=33, max_size=120))
def test_any_bytes_are_refused_and_never_crash(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    ring = _shared_ring(tmp_path_factory)
    kid = ring.active().kid.encode()
    for body in (raw, b"\x01" + raw, b"\x01\x00" + bytes([len(kid)]) + kid + raw):
        with pytest.raises(GrantError):
            signing.verify(ring, "test", base64.urlsafe_b64encode(body).rstrip(b"=").decode())


_rings: list[KeyRing] = []


def _shared_ring(factory: pytest.TempPathFactory) -> KeyRing:
    if not _rings:
        _rings.append(KeyRing.open(factory.mktemp("ring") / "keys.json"))
    return _rings[0]


def test_fields_cannot_be_confused(ring: KeyRing) -> None:
    """Promise E11: ('a','bc'), ('ab','c') and ('abc',) sign differently; each reads back as itself."""
    seen = {}
    for fields in (["a", "bc"], ["ab", "c"], ["abc"], ["abc", ""], ["", "abc"]):
        token = signing.sign(ring, "test", fields)
        assert signing.verify(ring, "test", token) == tuple(fields)
        seen[token[-43:]] = fields
    assert len(seen) == 5


def test_a_token_holds_for_its_own_purpose_only(ring: KeyRing) -> None:
    """Promise E11: the purpose is part of the signature (domain label per use)."""
    token = signing.sign(ring, "upload-part", ["x", 1])
    for purpose in ("preview", "download", "upload-par", "upload-partx", ""):
        with pytest.raises(GrantError):
            signing.verify(ring, purpose, token)


def test_a_download_token_is_no_grant_and_a_grant_no_download(ring: KeyRing) -> None:
    """Promise E11: the two tokens of the delivery routes are not exchangeable."""
    download = signing.DownloadGrant(VERSION, None, "a.mov", "video/quicktime", NOW + 300, NOW * 1000)
    token = signing.make_download(ring, download)
    with pytest.raises(GrantError):
        check(ring, token)
    with pytest.raises(GrantError):
        signing.check_download(ring, make(ring), now=NOW)
    held = signing.check_download(ring, token, now=NOW + 299)
    assert (held.key, held.version, held.filename, held.kid) == (VERSION, None, "a.mov", ring.active().kid)
    with pytest.raises(GrantExpiredError):
        signing.check_download(ring, token, now=NOW + 300)


# --- grants --------------------------------------------------------------------------------------


def test_a_grant_says_what_it_is(ring: KeyRing) -> None:
    tags = ("user:u1", f"version:{VERSION}")
    grant = check(ring, make(ring, 600, ip="10.0.0.1", tags=tags))
    assert grant == signing.Grant(VERSION, NOW + 600, NOW * 1000, ring.active().kid, "10.0.0.1", tags)


def test_expiry_holds_to_the_second(ring: KeyRing) -> None:
    """Promise E1: one second before it holds, at the second and after it does not; the skew is zero."""
    token = make(ring, 60)
    assert check(ring, token, NOW + 59).expires == NOW + 60
    for late in (NOW + 60, NOW + 61, NOW + 10**9):
        with pytest.raises(GrantExpiredError):
            check(ring, token, late)


@pytest.mark.parametrize("seconds", [60, 3600])
def test_lives_in_range_are_made(ring: KeyRing, seconds: int) -> None:
    """Promise E1: 60 to 3600 seconds."""
    assert check(ring, make(ring, seconds)).expires == NOW + seconds


@pytest.mark.parametrize("seconds", [-1, 0, 59, 3601, 10**9])
def test_lives_out_of_range_are_not_made(ring: KeyRing, seconds: int) -> None:
    """Promise E1: nothing shorter or longer is made, and the field is named."""
    with pytest.raises(ValidationError) as caught:
        make(ring, seconds)
    assert caught.value.errors[0].field == "expires_in"


@pytest.mark.parametrize(
    "expires",
    ["", "-1", "+1790000060", "1790000060.0", "1.79e9", " 1790000060", "01790000060", "0x6ab13b3c",
     "99999999999999999999", str(NOW + 10**6), "٣", "1790000060\n", "NaN", str(NOW - 1)],
)  # fmt: skip
def test_a_signed_but_senseless_expiry_is_refused(ring: KeyRing, expires: str) -> None:
    """Promise E1: missing, huge, negative, float: refused even with a right signature."""
    token = signing.sign(ring, "preview", [VERSION, expires, NOW * 1000, ""])
    with pytest.raises(GrantError):
        check(ring, token)


@pytest.mark.parametrize("fields", [[], [VERSION], [VERSION, NOW + 60], [VERSION, NOW + 60, NOW]])
def test_missing_fields_are_refused(ring: KeyRing, fields: list[str | int]) -> None:
    """Promise E1: a grant without its expiry or scope is none."""
    with pytest.raises(GrantError):
        check(ring, signing.sign(ring, "preview", fields))


def test_a_grant_is_for_one_version(ring: KeyRing) -> None:
    """Promise E3: not for another version, not for a prefix or a longer name."""
    token = make(ring)
    for other in (OTHER, VERSION[:-1], VERSION + "0", VERSION.upper() + "x", "", "_revoked", "é"):
        with pytest.raises(GrantError):
            signing.check_grant(ring, token, version_id=other, now=NOW, ip="")


@pytest.mark.parametrize(
    ("bound", "client", "holds"),
    [
        ("", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:DB8:0::1", "2001:db8::1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "192.0.2.10", False),
        ("192.0.2.1", "", False),
        ("192.0.2.1", "<local>", False),
    ],
)
def test_a_grant_may_be_bound_to_an_address(ring: KeyRing, bound: str, client: str, holds: bool) -> None:
    """Promise E2: a grant bound to one address is refused from another."""
    token = make(ring, ip=bound)
    if holds:
        assert check(ring, token, ip=client)
    else:
        with pytest.raises(GrantError):
            check(ring, token, ip=client)


@pytest.mark.parametrize(
    "bad", [{"ip": "localhost"}, {"ip": "1.2.3"}, {"tags": ["no colon"]}, {"tags": ["a:b/c"]}]
)
def test_bad_addresses_and_tags_are_not_signed(ring: KeyRing, bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make(ring, **bad)


# --- the ring ------------------------------------------------------------------------------------


def test_two_keys_hold_during_the_overlap_and_the_old_is_refused_after(ring: KeyRing) -> None:
    """Promise E9: rotate: old and new hold; retire: the old is refused; another open ring follows."""
    other = KeyRing.open(ring.path)  # another process's view of the same file
    old = make(ring)
    old_kid = ring.active().kid
    new_kid = ring.rotate()
    new = make(ring)
    other.reload()
    assert check(other, old).kid == old_kid
    assert check(other, new).kid == new_kid == other.active().kid
    ring.retire(old_kid)
    other.reload()
    for view in (ring, other):
        assert check(view, new)
        with pytest.raises(GrantError):
            check(view, old)


def test_rotation_reaches_another_process_by_itself(ring: KeyRing) -> None:
    """Promise E9: no restart: an open ring sees the change within its look-again second."""
    other = KeyRing.open(ring.path)
    other.active()
    kid = ring.rotate()
    deadline = time.monotonic() + 60
    while other.active().kid != kid:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_overlap_can_end_by_itself(ring: KeyRing) -> None:
    """Promise E9: `keep_seconds` ends the older keys without anybody coming back."""
    old, old_kid = make(ring), ring.active().kid
    ring.rotate(keep_seconds=0)
    with pytest.raises(GrantError):
        check(ring, old)
    assert old_kid not in ring.kids()


def test_the_active_key_cannot_be_retired(ring: KeyRing) -> None:
    with pytest.raises(ConfigError, match="rotate first"):
        ring.retire(ring.active().kid)


def test_the_file_is_private_and_the_secret_stays_out_of_the_repr(ring: KeyRing) -> None:
    """Promise F10: the ring file is made with mode 0600."""
    assert ring.path.stat().st_mode & 0o777 == 0o600
    secret = json.loads(ring.path.read_text())["keys"][ring.active().kid]["secret"]
    assert len(base64.urlsafe_b64decode(secret + "=")) == 32
    assert secret not in repr(ring.active())
    assert "secret" not in repr(ring.active())


def test_two_processes_at_once_make_one_ring(tmp_path: Path) -> None:
    # Given eight processes that all find no ring
    path = tmp_path / "deep" / "keys.json"
    code = "import sys; from mam.keyring import KeyRing; from pathlib import Path; "
    code += "print(KeyRing.open(Path(sys.argv[1])).active().kid)"
    # When they open it together
    command = [sys.executable, "-c", code, str(path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    # Then all of them have the same key, and nothing temporary is left
    assert len({process.communicate()[0] for process in started}) == 1
    assert [process.returncode for process in started] == [0] * 4
    assert [found.name for found in path.parent.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_ring_others_can_read_is_refused(ring: KeyRing, mode: int) -> None:
    """Promise F10: a secret file that group or others can touch refuses to start, and says the remedy."""
    ring.path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        KeyRing.open(ring.path)


def encoded(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("", "shorter than 32"),
        (encoded(bytes(range(31))), "shorter than 32"),
        (encoded(bytes(32)), "few different bytes"),
        (encoded(b"changeme-0123456789-abcdefghijklmnop"), "example"),
        ("this-is-an-example-key-of-some-length-0123456789abcd", "example"),
        (encoded(b"MySuperSecretKeyForProduction12345"), "example"),
        ("A" * 45, "base64url"),
    ],
)
def test_weak_secrets_are_refused(ring: KeyRing, secret: str, reason: str) -> None:
    """Promise F10: short, repeated, default and example secrets refuse to start."""
    ring.path.write_text(json.dumps({"active": "k", "keys": {"k": {"secret": secret}}}))
    with pytest.raises(ConfigError, match=reason):
        KeyRing.open(ring.path)


def test_a_secret_from_the_configuration_makes_a_ring() -> None:
    # Given a secret of 32 random bytes as text, in two processes' configuration
    text = encoded(os.urandom(32))
    one, two = (KeyRing.from_secret(text, "auth.secret") for _ in range(2))
    # Then what one signs the other verifies, and rotation says where to change it
    assert signing.verify(two, "test", signing.sign(one, "test", ["a"])) == ("a",)
    with pytest.raises(ConfigError, match="setting"):
        one.rotate()


@pytest.mark.parametrize("text", ["", "short", "x" * 40, "please-changeme-0123456789-abcdefghij"])
def test_a_weak_secret_from_the_configuration_is_refused(text: str) -> None:
    """Promise F10: a configured secret is held to the same rules, and the setting is named."""
    with pytest.raises(ConfigError, match=r"^auth\.secret: "):
        KeyRing.from_secret(text, "auth.secret")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"active": "k", "keys": {}}', '{"active": [], "keys": {}}', "\xff"]
)
def test_a_broken_ring_is_refused_with_the_form_or_the_remedy(ring: KeyRing, text: str) -> None:
    ring.path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"keys\.json"):
        KeyRing.open(ring.path)


def test_a_ring_that_breaks_while_running_keeps_the_last_good_keys(ring: KeyRing) -> None:
    token = make(ring)
    ring.path.write_text("{")
    time.sleep(1.1)  # its look-again second passes
    assert check(ring, token)
