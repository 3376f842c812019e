"""Roles in a project that administrators made, beside the built-in ones."""

from __future__ import annotations

from peewee import CharField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now


class ProjectRole(Table):
    """A role by its `key`, which is what `member.role` holds and never changes; `actions` are sorted."""

    id = CharField(36, primary_key=True, default=new_id)
    key = CharField(16, unique=True)
    name = CharField(80)
    actions = JSONField(default=list)
    created_at = UTCField(default=now)
    updated_at = UTCField(default=now)
