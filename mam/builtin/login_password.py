"""Login with the box's own passwords: the last answer of `mam_authenticate`.

Takes the same time for known, unknown and disabled users (promise F8). Reads `user`; writes nothing. Pending
users are identified, too: whether they may come in is for the core to say.
"""

from __future__ import annotations

from mam import hookimpl, passwords
from mam.config import Config
from mam.models import User
from mam.types import Credentials, Identity


@hookimpl
def mam_authenticate(config: Config, credentials: Credentials) -> Identity | None:  # noqa: ARG001 - the hook's arguments
    """The user of this email whose password fits; None for everybody else."""
    user = User.get_or_none(User.email == credentials.email)
    stored = user.password_hash if user is not None and user.status != "disabled" else None
    if not passwords.verify(stored, credentials.password) or user is None:
        return None
    return Identity(user.email, user.display_name, "password", user.id)
