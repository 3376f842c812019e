"""Rows of people: what is taken as an email, a name, a password; users and their box-wide roles.

Shared by accounts and sessions; asks nobody for permission, so only services call it. Writes `user` and
`user_role`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from peewee import IntegrityError

from mam import passwords
from mam.core import Mam
from mam.errors import ConflictError, FieldError, ValidationError
from mam.models import FIRST, Project, Role, User, UserRole, database, now
from mam.services.audit import plain

STATUSES = ("pending", "active", "disabled")
ADMIN, ORG_ADMIN, MEMBER = "admin", "org_admin", "member"
MAX_EMAIL = 254  # RFC 5321, errata 1690
MAX_NAME = 200

_LOOKED_AT = 64  # characters of a password whose strength is looked at
_AS_LETTERS = str.maketrans("4@8({[<3691!|70$5+%2", "aabcccceggiiitosstxz")
_ALIKE = str.maketrans("@({[<!|$+%", "-" * 10)
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*", re.ASCII)


def checked_email(text: str) -> str:
    """An email in its one spelling (lower case); `ValidationError` for what is none."""
    email = text.strip().lower()
    if len(email) > MAX_EMAIL or not _EMAIL.fullmatch(email):
        raise _invalid("email", "An email address of at most 254 characters.")
    return email


def checked_name(text: str) -> str:
    """A name to show: 1 to 200 characters, none of them invisible controls."""
    name = text.strip()
    if not 1 <= len(name) <= MAX_NAME or plain(name) != name:
        raise _invalid("display_name", "1 to 200 characters without control characters.")
    return name


def checked_password(mam: Mam, text: str, *, about: Iterable[str] = ()) -> str:
    """A password that is long enough and not easily guessed; no kinds of characters are asked for.

    NIST SP 800-63B 3.1.1.2 asks for a list of common ones; zxcvbn has that, and knows repeats, rows of keys,
    dates and words. `about` are the owner's own names, which are guessed first.
    """
    shortest = mam.config.auth.min_password_length
    if not shortest <= len(text) <= passwords.MAX_LENGTH:
        raise _invalid("password", f"{shortest} to {passwords.MAX_LENGTH} characters.")
    if _strength(text, about) < mam.config.auth.min_password_strength:
        raise _invalid("password", "This is easy to guess. A short sentence of four words is good.")
    return text


def _strength(text: str, about: Iterable[str]) -> int:
    """0 to 4, as zxcvbn counts; of a long one the beginning, for its work grows with the length.

    It tries every reading of signs that stand for letters, which takes for ever where there are many kinds of
    them: it is shown the password with those signs read once, and once with them all alike.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists take 0.2 s, and few processes need them

    own = [word for one in about for word in (one, *re.split(r"[^\w]+", one)) if word]
    scores = []
    for signs in (_AS_LETTERS, _ALIKE):
        found = zxcvbn(text[:_LOOKED_AT].translate(signs), ["mam", *(word.translate(signs) for word in own)])
        scores.append(int(found["score"]))
    return min(scores)


def checked_roles(names: Iterable[str]) -> set[str]:
    """Box-wide roles that exist; `ValidationError` names one that does not."""
    wanted = set(names)
    known = {role.name for role in Role.select(Role.name)}
    if wanted - known:
        raise _invalid("roles", f"Roles out of: {', '.join(sorted(known))}.")
    return wanted


def make(
    *,
    email: str,
    display_name: str,
    password_hash: str | None,
    status: str,
    roles: Iterable[str],
    organisation_id: str = FIRST,
) -> User:
    """Insert a user with roles, in the caller's transaction; `ConflictError` where the email is taken."""
    try:
        with database.atomic():
            user = User.create(
                email=email, display_name=display_name, password_hash=password_hash, status=status,
                organisation_id=organisation_id,
            )  # fmt: skip
    except IntegrityError:
        raise ConflictError("There is an account of this email already.", code="email_taken") from None
    set_roles(user, roles)
    return user


def set_roles(user: User, roles: Iterable[str]) -> None:
    """Give a user exactly these roles; who is not of the first organisation never administers the box."""
    if user.organisation_id != FIRST:
        roles = set(roles) - {ADMIN}
    UserRole.delete().where(UserRole.user == user.id).execute()
    for name in sorted(set(roles)):
        UserRole.create(user=user.id, role=name)


def roles_of(user_ids: Iterable[str]) -> dict[str, set[str]]:
    """The roles of several users in one query."""
    found: dict[str, set[str]] = defaultdict(set)
    query: Any = UserRole.select(UserRole.user, UserRole.role).where(UserRole.user.in_(list(user_ids)))
    for user_id, name in query.tuples():
        found[user_id].add(name)
    return found


def change(user: User, **values: object) -> None:
    """Write columns of a user and count its version up: access tokens made before end here."""
    User.update(version=User.version + 1, updated_at=now(), **values).where(User.id == user.id).execute()


def lock_admins() -> None:
    """Hold back every other change of administrators until this transaction ends.

    The row of the role is written as it is: a lock on both databases, which SQLite has no other word for.
    """
    Role.update(permissions=Role.permissions).where(Role.name == ADMIN).execute()


def above(project_id: str) -> Any:
    """A query of the ids of the people of a project's organisation who may see it without belonging to it."""
    home = Project.select(Project.organisation_id).where(Project.id == project_id)
    query = UserRole.select(UserRole.user).join(User)
    return query.where(UserRole.role.in_((ADMIN, ORG_ADMIN)) & (User.organisation_id == home))


def active_admins(organisation_id: str | None = None) -> set[str]:
    """Ids of the administrators who can log in: of the box, and of this organisation where one is given."""
    query = User.select(User.id).join(UserRole)
    role = UserRole.role == ADMIN
    if organisation_id is not None:
        role |= (UserRole.role == ORG_ADMIN) & (User.organisation_id == organisation_id)
    return {row.id for row in query.where(role & (User.status == "active"))}


def _invalid(field: str, message: str) -> ValidationError:
    return ValidationError(f"{field}: {message}", (FieldError(field, message),))
