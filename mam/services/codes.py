"""The codes of a second factor: time-based (RFC 6238), and the recovery codes for whoever lost the phone.

A code is taken from one step of 30 s before to one after, and no step twice. Guessing is slowed by user and
address together, by address, and for places the user never logged in from by user; a recovery code waits
for no stranger's guesses, so that nobody can lock an owner out. Writes `second_factor`, `recovery_code`,
`login_attempt`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import struct
import time
from collections.abc import Iterable

from mam.core import Mam
from mam.errors import GrantError
from mam.models import RecoveryCode, SecondFactor, now
from mam.services import throttle
from mam.services.sealed import seal, unseal

STEP = 30
"""Seconds of one code."""

DIGITS = 6
WINDOW = 1
"""Steps that the phone's clock may be off in either direction (RFC 6238, 5.2 recommends one)."""

RECOVERY_CODES = 10
_PURPOSE = "second-factor"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
_RECOVERY = re.compile(rf"[{_ALPHABET}]{{16}}", re.ASCII)


def check(mam: Mam, user_id: str, text: str, address: str) -> bool:
    """Whether this is a good code of the user now; a good one is spent, a wrong one counted.

    Raises `RateLimitedError` where too many were wrong.
    """
    given = text.strip().replace(" ", "").replace("-", "").lower()
    recovery = _RECOVERY.fullmatch(given) is not None
    attempt = throttle.code(user_id, address, everywhere=not recovery)
    row = confirmed(user_id)
    if row is None or not (_spend_recovery(user_id, given) if recovery else spend(mam, row, given)):
        return False
    throttle.code_fits(user_id, address, attempt)
    return True


def confirmed(user_id: str) -> SecondFactor | None:
    """The user's second factor, if it is on."""
    mine = (SecondFactor.user == user_id) & SecondFactor.confirmed_at.is_null(is_null=False)
    found: SecondFactor | None = SecondFactor.get_or_none(mine)
    return found


def is_required(mam: Mam, roles: Iterable[str]) -> bool:
    """Whether `[auth] second_factor` names one of these roles."""
    return bool(set(mam.config.auth.second_factor) & set(roles))


def code_at(secret: bytes, step: int) -> str:
    """The code of one step: HOTP (RFC 4226) with SHA-1, which is what every app knows."""
    mac = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    start = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def sealed(mam: Mam, user_id: str, secret: bytes) -> str:
    """A new secret as it is kept."""
    return seal(mam.auth_keys, _PURPOSE, user_id, secret)


def spend(mam: Mam, row: SecondFactor, code: str) -> bool:
    """Whether the code is of a step that fits and none from then on was taken: one UPDATE decides."""
    if not _CODE.fullmatch(code):
        return False
    try:
        secret = unseal(mam.auth_keys, _PURPOSE, row.user_id, row.sealed)
    except GrantError:
        return False  # sealed with a key that is gone: only recovery codes are left
    step = _step_of(secret, code, int(time.time()) // STEP)
    newer = (SecondFactor.user == row.user_id) & (SecondFactor.last_step < step)
    return step > 0 and SecondFactor.update(last_step=step).where(newer).execute() == 1


def new_codes(user_id: str) -> list[str]:
    """New recovery codes in place of the old, in the caller's transaction, as they are told this once.

    79 random bits each: too many to guess, and too many to search behind the hash.
    """
    RecoveryCode.delete().where(RecoveryCode.user == user_id).execute()
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.insert_many(
        [{"user": user_id, "code_hash": _hashed(user_id, one)} for one in codes]
    ).execute()
    return ["-".join(one[at : at + 4] for at in range(0, 16, 4)) for one in codes]


# --- inside --------------------------------------------------------------------------------------


def _step_of(secret: bytes, code: str, current: int) -> int:
    """The step that the code belongs to, or 0; every step is compared, whichever fits."""
    found = 0
    for step in range(current - WINDOW, current + WINDOW + 1):
        if hmac.compare_digest(code_at(secret, step), code):
            found = step
    return found


def _spend_recovery(user_id: str, code: str) -> bool:
    fits = (RecoveryCode.user == user_id) & (RecoveryCode.code_hash == _hashed(user_id, code))
    change = RecoveryCode.update(used_at=now()).where(fits & RecoveryCode.used_at.is_null())
    return bool(change.execute() == 1)


def _hashed(user_id: str, code: str) -> str:
    return hashlib.sha256(f"{user_id}:{code}".encode()).hexdigest()
