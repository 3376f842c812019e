"""What administrators are answered about plugins."""

from __future__ import annotations

from typing import Literal

from mam.web.api.answers import Answer
from mam.web.api.answers_box import Finding


class PluginSetting(Answer):
    """One setting. `source` file: the TOML says it, it cannot be changed here. A secret has no `value`."""

    name: str
    kind: Literal["text", "number", "yes_no", "list", "secret", ""]
    source: Literal["file", "page", "default"]
    value: str | bool | int | float | list[str] | None
    is_set: bool
    required: bool
    help: str
    choices: list[str]


class Plugin(Answer):
    """A plugin, its state and the reason for it; `hooks` are what it may answer.

    `off_by` is "box" where it was switched off because it failed, "admin" where somebody did. One that is
    `needed` cannot be switched off. `restart_needed`: its settings hold from the next start of the box on.
    """

    name: str
    version: str
    state: str
    reason: str
    builtin: bool
    hooks: list[str]
    off_by: Literal["", "box", "admin"]
    needed: bool
    findings: list[Finding]
    failures: int
    last_error: str
    settings: list[PluginSetting]
    restart_needed: bool
