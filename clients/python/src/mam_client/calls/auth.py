"""Calls of `auth`."""

# Written by tools/generate.py from the OpenAPI document; changes here are lost.

from __future__ import annotations

from mam_client import models
from mam_client.call import Call, UNSET, Unset, given


def get_me() -> Call[models.User]:
    """Who is logged in."""
    return Call("get_me", "GET", "/auth/me")


def login(
    *,
    email: str,
    password: str,
    otp: str | None | Unset = UNSET,
) -> Call[models.Tokens]:
    """Exchange credentials for tokens."""
    return Call(
        "login", "POST", "/auth/login", body=given({"email": email, "password": password, "otp": otp})
    )


def logout(
    *,
    refresh_token: str | None | Unset = UNSET,
) -> Call[None]:
    """End the session at once."""
    return Call(
        "logout", "POST", "/auth/logout", body=given({"refresh_token": refresh_token}), reads="nothing"
    )


def passkey_login(
    *,
    credential: models.CredentialIn,
) -> Call[models.Tokens]:
    """Exchange the answer of a passkey for tokens."""
    return Call("passkey_login", "POST", "/auth/passkey", body=given({"credential": credential}))


def passkey_options() -> Call[models.PasskeyOptions]:
    """What to ask the browser for a login with a passkey."""
    return Call("passkey_options", "POST", "/auth/passkey/options")


def refresh(
    *,
    refresh_token: str,
) -> Call[models.Tokens]:
    """Spend a refresh token for a new pair; using it again later ends the whole session."""
    return Call("refresh", "POST", "/auth/refresh", body=given({"refresh_token": refresh_token}))


def register(
    *,
    email: str,
    display_name: str,
    password: str,
) -> Call[models.Registered]:
    """Ask for an account; it is pending until an administrator activates it, unless registration is open."""
    return Call(
        "register",
        "POST",
        "/auth/register",
        body=given({"email": email, "display_name": display_name, "password": password}),
    )
