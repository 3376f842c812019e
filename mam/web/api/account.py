"""Accounts: API keys, second factor, sessions, passkeys, password; invitations. No API key calls these."""

from __future__ import annotations

from typing import Any

from mam.errors import FieldError, ValidationError
from mam.services import accounts, api_keys, invitations, own_sessions, passkeys, proof, second_factor
from mam.web.api import inputs_account
from mam.web.routes import Call


async def list_keys(call: Call[Any]) -> Any:
    """One's own API keys, newest first, those that have ended among them; no secrets."""
    return await call.run(api_keys.list_keys, **call.query.model_dump())


async def create_key(call: Call[inputs_account.KeyIn]) -> Any:
    """Make an API key; the answer's `key` is the only place where it is ever told."""
    return await call.run(api_keys.create, **call.body.model_dump())


async def get_key(call: Call[Any], key_id: str) -> Any:
    """One of one's keys, without the key itself."""
    return await call.run(api_keys.get_key, key_id)


async def revoke_key(call: Call[Any], key_id: str) -> None:
    """End an API key at once."""
    await call.run(api_keys.revoke, key_id)


async def prove(call: Call[inputs_account.ProofIn]) -> None:
    """Show once more who one is, where an answer was `proof_needed`: by the password or by a code."""
    body = call.body
    if (body.password is None) == (body.code is None):
        raise ValidationError(
            "Give the password or a code.", (FieldError("password", "Either this or code."),)
        )
    actor = await call.login()
    await call.knock(proof.prove, actor, password=body.password, code=body.code)


async def get_second_factor(call: Call[Any]) -> Any:
    """Whether one's logins ask for a code."""
    return await call.run(second_factor.state)


async def begin_second_factor(call: Call[Any]) -> Any:
    """A new secret for an authenticator app; codes are asked for once it is confirmed."""
    return await call.run(second_factor.begin)


async def confirm_second_factor(call: Call[inputs_account.CodeIn]) -> Any:
    """Turn the second factor on with a first code; answers the recovery codes."""
    return await call.run(second_factor.confirm, call.body.code)


async def disable_second_factor(call: Call[Any]) -> None:
    """Turn the second factor off."""
    await call.run(second_factor.disable)


async def renew_recovery_codes(call: Call[Any]) -> Any:
    """New recovery codes in place of the old ones."""
    return await call.run(second_factor.renew_codes)


async def list_sessions(call: Call[Any]) -> Any:
    """Where one is logged in, newest first."""
    return await call.run(own_sessions.list_sessions, **call.query.model_dump())


async def session_news(call: Call[Any]) -> Any:
    """Logins from new places that one has not looked at yet."""
    return {"items": await call.run(own_sessions.news), "next_cursor": None}


async def sessions_seen(call: Call[Any]) -> None:
    """One knows the logins that are marked as new."""
    await call.run(own_sessions.seen)


async def end_session(call: Call[Any], session_id: str) -> None:
    """End one login at once, everywhere."""
    await call.run(own_sessions.end, session_id)


async def end_other_sessions(call: Call[Any]) -> Any:
    """End every login but the one that asks."""
    return await call.run(own_sessions.end_others)


async def change_password(call: Call[inputs_account.PasswordIn]) -> None:
    """Take another password; every other login ends."""
    actor = await call.login()
    await call.knock(accounts.change_own_password, actor, call.body.password)


async def list_passkeys(call: Call[Any]) -> Any:
    """One's passkeys."""
    return await call.run(passkeys.list_passkeys, **call.query.model_dump())


async def begin_passkey(call: Call[Any]) -> Any:
    """What to ask the browser for a new passkey."""
    return await call.run(passkeys.begin, origin=call.base_url)


async def add_passkey(call: Call[inputs_account.PasskeyIn]) -> Any:
    """Keep the passkey that the browser made."""
    credential = call.body.credential.model_dump()
    return await call.run(passkeys.finish, origin=call.base_url, name=call.body.name, credential=credential)


async def get_passkey(call: Call[Any], passkey_id: str) -> Any:
    """One of one's passkeys."""
    return await call.run(passkeys.get_passkey, passkey_id)


async def rename_passkey(call: Call[inputs_account.PasskeyPatch], passkey_id: str) -> Any:
    """Give a passkey another name."""
    return await call.run(passkeys.rename, passkey_id, name=call.body.name)


async def remove_passkey(call: Call[Any], passkey_id: str) -> None:
    """Remove a passkey; it lets nobody in any more."""
    await call.run(passkeys.remove, passkey_id)


async def passkey_options(call: Call[Any]) -> Any:
    """What to ask the browser for a login with a passkey."""
    return await call.plain(passkeys.begin_login, origin=call.base_url)


async def passkey_login(call: Call[inputs_account.PasskeyLoginIn]) -> Any:
    """Exchange the answer of a passkey for tokens."""
    credential = call.body.credential.model_dump(exclude_none=True)
    given = {"credential": credential, "address": call.address, "user_agent": call.user_agent}
    return await call.plain(passkeys.login, origin=call.base_url, **given)


async def list_invitations(call: Call[Any]) -> Any:
    """All invitations, newest first; none tells its link."""
    return await call.run(invitations.list_invitations, **call.query.model_dump())


async def create_invitation(call: Call[inputs_account.InvitationIn]) -> Any:
    """Invite somebody by a link; the answer's `url` is the only place where it is told."""
    return await call.run(invitations.create, base_url=call.base_url, **call.body.model_dump())


async def revoke_invitation(call: Call[Any], invitation_id: str) -> None:
    """End an invitation that nobody has taken."""
    await call.run(invitations.revoke, invitation_id)
