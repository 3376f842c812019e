"""What the calls about plugins take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mam.web.bodies import Input

Name = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(max_length=2000)]
Value = Annotated[
    bool | int | float | Text | Annotated[list[Text], Field(max_length=100)] | None,
    Field(description="By the kind of the setting; null goes back to the default."),
]


class PluginSettings(Input):
    """The fields to change, by name; those that are left out stay as they are, secrets too."""

    settings: Annotated[dict[Name, Value], Field(max_length=100)]
