"""What taking notes away as a list of markers, and reading them from one, takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mam.web.bodies import Id, Input, Query

_MOST_CHOSEN = 100


def _listed(value: Any) -> Any:
    return [one for one in value.split(",") if one] if isinstance(value, str) else value


class CommentExport(Query):
    """The file that notes are taken away as; edl is Resolve's, avid Media Composer's, xmeml Premiere's.

    `ids` are the notes to take, with commas between, where not all in that state are wanted.
    """

    format: Literal["csv", "edl", "avid", "fcpxml", "xmeml", "otio", "json", "pdf"]
    state: Literal["open", "resolved", "all"] = "all"
    ids: Annotated[list[Id], BeforeValidator(_listed), Field(max_length=_MOST_CHOSEN, default_factory=list)]


class CommentImport(Query):
    """How the list in the body is to be read; `start` is its first frame's time code, where not ours."""

    format: Literal["auto", "csv", "edl", "avid"] = "auto"
    start: Annotated[str, Field(max_length=12)] = ""
    dry_run: bool = False


class ImportUndo(Input):
    """Which import is taken back, by the id that it was answered with."""

    import_id: Id
