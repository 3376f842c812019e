"""`mam openapi`: print the API's document."""

from __future__ import annotations

import json

import typer

from mam.web.openapi import openapi_document


def openapi() -> None:
    """Print the OpenAPI 3.1 document of this version."""
    typer.echo(json.dumps(openapi_document(), indent=2, ensure_ascii=False))
