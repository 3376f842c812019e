"""What the calls about how a project looks answer."""

from __future__ import annotations

from mam.web.api.answers import Answer


class ProjectLook(Answer):
    """What a project's links and papers bear; empty, null and false where it says nothing."""

    studio: str
    accent: str | None
    has_logo: bool
