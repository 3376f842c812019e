"""Calls of `account`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, ListCall, UNSET, Unset, given


def add_passkey(
    *,
    name: str,
    credential: models.NewCredentialIn,
) -> Call[models.Passkey]:
    """Keep the passkey that the browser made."""
    return Call(
        "add_passkey", "POST", "/api/account/passkeys", body=given({"name": name, "credential": credential})
    )


def begin_passkey() -> Call[models.PasskeyOptions]:
    """What to ask the browser for a new passkey."""
    return Call("begin_passkey", "POST", "/api/account/passkeys/options")


def begin_second_factor() -> Call[models.Enrolment]:
    """A new secret for an authenticator app; codes are asked for once it is confirmed."""
    return Call("begin_second_factor", "POST", "/api/account/second-factor")


def change_password(
    *,
    password: str,
) -> Call[None]:
    """Take another password; every other login ends."""
    return Call(
        "change_password", "PUT", "/api/account/password", body=given({"password": password}), reads="nothing"
    )


def confirm_second_factor(
    *,
    code: str,
) -> Call[models.RecoveryCodes]:
    """Turn the second factor on with a first code; answers the recovery codes."""
    return Call(
        "confirm_second_factor", "POST", "/api/account/second-factor/confirm", body=given({"code": code})
    )


def disable_second_factor() -> Call[None]:
    """Turn the second factor off."""
    return Call("disable_second_factor", "DELETE", "/api/account/second-factor", reads="nothing")


def end_other_sessions() -> Call[models.Ended]:
    """End every login but the one that asks."""
    return Call("end_other_sessions", "DELETE", "/api/account/sessions")


def end_session(
    session_id: str,
) -> Call[None]:
    """End one login at once, everywhere."""
    return Call("end_session", "DELETE", f"/api/account/sessions/{session_id}", reads="nothing")


def get_passkey(
    passkey_id: str,
) -> Call[models.Passkey]:
    """One of one's passkeys."""
    return Call("get_passkey", "GET", f"/api/account/passkeys/{passkey_id}")


def get_second_factor() -> Call[models.SecondFactor]:
    """Whether one's logins ask for a code."""
    return Call("get_second_factor", "GET", "/api/account/second-factor")


def list_passkeys(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.Passkey]:
    """One's passkeys."""
    return ListCall(
        "list_passkeys", "GET", "/api/account/passkeys", query=given({"cursor": cursor, "limit": limit})
    )


def list_sessions(
    *,
    cursor: str | None | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> ListCall[models.OwnSession]:
    """Where one is logged in, newest first."""
    return ListCall(
        "list_sessions", "GET", "/api/account/sessions", query=given({"cursor": cursor, "limit": limit})
    )


def prove(
    *,
    password: str | None | Unset = UNSET,
    code: str | None | Unset = UNSET,
) -> Call[None]:
    """Show once more who one is, where an answer was `proof_needed`: by the password or by a code."""
    return Call(
        "prove",
        "POST",
        "/api/account/proof",
        body=given({"password": password, "code": code}),
        reads="nothing",
    )


def remove_passkey(
    passkey_id: str,
) -> Call[None]:
    """Remove a passkey; it lets nobody in any more."""
    return Call("remove_passkey", "DELETE", f"/api/account/passkeys/{passkey_id}", reads="nothing")


def rename_passkey(
    passkey_id: str,
    *,
    name: str,
) -> Call[models.Passkey]:
    """Give a passkey another name."""
    return Call("rename_passkey", "PATCH", f"/api/account/passkeys/{passkey_id}", body=given({"name": name}))


def renew_recovery_codes() -> Call[models.RecoveryCodes]:
    """New recovery codes in place of the old ones."""
    return Call("renew_recovery_codes", "POST", "/api/account/second-factor/recovery-codes")


def session_news() -> Call[models.Page[models.OwnSession]]:
    """Logins from new places that one has not looked at yet."""
    return Call("session_news", "GET", "/api/account/sessions/news")


def sessions_seen() -> Call[None]:
    """One knows the logins that are marked as new."""
    return Call("sessions_seen", "POST", "/api/account/sessions/seen", reads="nothing")
