"""Log in with the password of a directory: LDAP or Active Directory; groups to roles.

The password is checked by the directory and kept nowhere. The log-in form stays as it is; who is in
no directory logs in with a password of the box.
"""

from __future__ import annotations

from mam import hookimpl
from mam.config import Config
from mam.errors import AuthenticatorAwayError
from mam.types import Credentials, Finding, Identity, Outsider, Standing
from mam_auth_ldap.settings import Settings

_NAME = "ldap"


def _settings(config: Config) -> Settings:
    return config.plugin("auth_ldap", Settings)


@hookimpl
def mam_config() -> type:
    """Our settings."""
    return Settings


@hookimpl
def mam_check(config: Config) -> list[Finding]:
    """Log the service account in; a directory that is away stops nothing, it may come back."""
    from mam_auth_ldap import directory  # noqa: PLC0415 - ldap3 is heavy, and an extra

    try:
        directory.probe(_settings(config))
    except AuthenticatorAwayError as error:
        return [Finding("directory", "warning", f"The directory cannot be asked now: {error.reason}")]
    return [Finding("directory", "ok", "The service account logs in.")]


@hookimpl
def mam_authenticate(config: Config, credentials: Credentials) -> Identity | None:
    """Search with the service account, then bind with what was typed."""
    from mam_auth_ldap import directory  # noqa: PLC0415 - as above

    settings = _settings(config)
    found = directory.checked(settings, credentials.email, credentials.password)
    if found is None:
        return None
    entry, groups = found
    subject, email = entry.first(settings.id_attribute), entry.first(settings.email_attribute)
    if not subject or "@" not in email or not _belongs(settings, groups):
        return None
    roles, ruled = _roles(settings, groups)
    return Identity(
        email=email,
        display_name=entry.first(settings.name_attribute) or email,
        authenticator=_NAME,
        subject=subject,
        issuer=settings.issuer,
        may_link=settings.link_by_email,
        new_account=settings.new_accounts,
        roles=roles,
        ruled=ruled,
    )


@hookimpl
def mam_standing(config: Config, outsider: Outsider) -> Standing | None:
    """Whether the entry is still there, active and in the required group, and its groups by now."""
    from mam_auth_ldap import directory  # noqa: PLC0415 - as above

    settings = _settings(config)
    if outsider.issuer != settings.issuer:
        return None
    found = directory.by_id(settings, outsider.subject)
    if found is None or not _belongs(settings, found[1]):
        return Standing(here=False)
    roles, ruled = _roles(settings, found[1])
    return Standing(here=True, roles=roles, ruled=ruled)


def _roles(settings: Settings, groups: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rules = settings.rules()
    given = dict.fromkeys(role for group, role in rules if _is_in(group, groups))
    return tuple(given), tuple(dict.fromkeys(role for _, role in rules))


def _belongs(settings: Settings, groups: list[str]) -> bool:
    return not settings.required_group or _is_in(settings.required_group, groups)


def _is_in(wanted: str, groups: list[str]) -> bool:
    """Whether one of the groups is the wanted one, by its whole DN; spaces round commas and case aside."""
    return _plain(wanted) in {_plain(one) for one in groups}


def _plain(dn: str) -> str:
    return ",".join(part.strip() for part in dn.lower().split(","))
