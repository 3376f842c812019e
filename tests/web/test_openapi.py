"""The document names the problems that a route really answers, and errors name fields of ours only."""

from __future__ import annotations

import pytest

from mam import errors
from mam.web import bodies
from mam.web.api import inputs
from mam.web.openapi import openapi_document


def test_a_body_that_is_no_object_is_documented() -> None:
    # Given the document
    paths = openapi_document()["paths"]
    # When a route takes a JSON body
    answers = paths["/api/promote"]["post"]["responses"]
    # Then 400 is named beside the others
    assert {"400", "413", "415", "422"} <= set(answers)


def test_a_refused_login_is_documented() -> None:
    # Given / When the routes that need no login
    paths = openapi_document()["paths"]
    # Then a wrong password, a closed registration and a forged callback are named
    assert "401" in paths["/auth/login"]["post"]["responses"]
    assert "403" in paths["/auth/register"]["post"]["responses"]
    assert "401" in paths["/api/preview/callback"]["post"]["responses"]


def test_a_list_of_a_foreign_project_is_documented() -> None:
    assert "404" in openapi_document()["paths"]["/api/assets"]["get"]["responses"]
    assert "404" in openapi_document()["paths"]["/api/keys"]["post"]["responses"]


def test_a_wrong_choice_names_the_field_and_not_the_checker() -> None:
    # Given a picture in a form that is not made
    with pytest.raises(errors.ValidationError) as caught:
        # When it is asked for
        bodies.check(inputs.ImageQuery, {"f": "gif"})
    # Then the field is named as the caller wrote it
    assert {one.field for one in caught.value.errors} == {"f"}
