"""The pages over HTTP: who may see them, where they lead, what a browser is told to keep and to refuse."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from quart import Quart

from mam.core import Mam
from mam.services import accounts, assets, projects, sessions, shares, webhooks
from mam.types import SYSTEM, Actor
from mam.web.portal.page import safe_next
from mam.web.portal.table import PAGES
from mam.web.theme import open_theme

EMAIL, PASSWORD = "ana@example.org", "a short sentence is good"
HTML = {"Accept": "text/html", "Host": "box.local"}
FORM = {**HTML, "Content-Type": "application/x-www-form-urlencoded"}


class Reader:
    """A browser without scripts: keeps the cookie and finds the form token."""

    def __init__(self, app: Quart, mam: Mam, *, admin: bool = False, email: str = EMAIL) -> None:
        """Make the person and log in."""
        accounts.add_user(mam, email=email, name="Ana <b>Kovač</b>", password=PASSWORD, admin=admin)
        self.user, cookie = sessions.login_cookie(mam, email=email, password=PASSWORD)
        self.client = app.test_client()
        self.cookie = {"Cookie": f"mam_session={cookie}"}
        self.csrf = sessions.csrf_token(mam, cookie)
        self.actor = sessions.actor_from_cookie(mam, cookie) or SYSTEM

    async def get(self, path: str, **headers: str) -> Any:
        """A page."""
        return await self.client.get(path, headers={**HTML, **self.cookie, **headers})

    async def text(self, path: str) -> str:
        """A page's text; it has to be there."""
        answer = await self.get(path)
        assert answer.status_code == 200, path
        return str(await answer.get_data(as_text=True))

    async def post(
        self, path: str, *, csrf: str | None = None, headers: dict[str, str] | None = None, **form: str
    ) -> Any:
        """A form; with the token of the page unless another is given."""
        fields = {"csrf_token": self.csrf if csrf is None else csrf, **form}
        sent = {**FORM, **self.cookie, **(headers or {})}
        return await self.client.post(path, form=fields, headers=sent)


@pytest.fixture
def reader(sqlite_app: Quart, sqlite_box: Mam) -> Reader:
    """Somebody who is no administrator."""
    return Reader(sqlite_app, sqlite_box)


@pytest.fixture
def admin(sqlite_app: Quart, sqlite_box: Mam) -> Reader:
    """An administrator."""
    return Reader(sqlite_app, sqlite_box, admin=True, email="root@example.org")


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/projects/1?x=%2F", "/projects/1?x=%2F"),
        ("/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("///evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\tevil", "/"),
        ("/\n/evil", "/"),
        (" /evil", "/"),
        ("projects", "/"),
        ("/" + "a" * 3000, "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_one_never_leads_elsewhere(wanted: str | None, path: str) -> None:
    """Promise F11: `next=//evil`, `next=javascript:` lead to /."""
    assert safe_next(wanted) == path


async def test_logging_in_sets_a_cookie_that_scripts_and_others_never_see(
    sqlite_app: Quart, reader: Reader
) -> None:
    """Promise F11: HttpOnly, SameSite, and Secure where we are reached by https."""
    client = sqlite_app.test_client()
    form = {"email": EMAIL, "password": PASSWORD, "next": "//evil.example"}
    answer = await client.post("/login", form=form, headers=FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert re.match(r"mam_session=[A-Za-z0-9_-]{40,}; ", cookie)
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    again = await client.post("/login", form=form, headers=FORM, scheme="https")
    assert "Secure" in again.headers["Set-Cookie"]


async def test_nobody_is_sent_to_the_login_and_back(sqlite_app: Quart) -> None:
    answer = await sqlite_app.test_client().get("/admin/jobs?state=dead", headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=%2Fadmin%2Fjobs%3Fstate%3Ddead"


FORMS = ("/logout", "/appearance", "/projects/new", "/admin/users")


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_without_the_pages_token_changes_nothing(admin: Reader, path: str) -> None:
    """Promise F11: a POST by cookie without the token, with a foreign one, or from elsewhere is 403."""
    fields = {"name": "P", "appearance": "dark", "email": "x@example.org"}
    assert (await admin.post(path, csrf="", **fields)).status_code == 403
    assert (await admin.post(path, csrf="x" * 80, **fields)).status_code == 403
    evil = {"Origin": "https://evil.example"}
    assert (await admin.post(path, headers=evil, **fields)).status_code == 403
    assert (await admin.get("/")).status_code == 200


@pytest.mark.parametrize("path", ["/login", "/register", "/setup/x"])
async def test_the_doors_forms_come_from_our_own_pages_only(sqlite_app: Quart, path: str) -> None:
    """Promise F11, for pages before the login: nobody is logged in from another site."""
    form = {"email": EMAIL, "password": PASSWORD}
    headers = {**FORM, "Origin": "https://evil.example"}
    assert (await sqlite_app.test_client().post(path, form=form, headers=headers)).status_code == 403


async def test_logging_out_ends_the_session(reader: Reader) -> None:
    answer = await reader.post("/logout")
    assert answer.headers["Location"] == "/login"
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert (await reader.get("/")).headers["Location"] == "/login"


class Audit(HTMLParser):
    """Finds what the Content-Security-Policy would refuse."""

    def __init__(self) -> None:
        """Start with nothing found."""
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inline scripts and styles, handlers, addresses of elsewhere."""
        names = dict(attrs)
        inline = tag == "style" or (tag == "script" and "src" not in names)
        handlers = [name for name in names if name.startswith("on") or name == "style"]
        away = [value for name, value in attrs if name in ("src", "href", "action") and "//" in (value or "")]
        if inline or handlers or away:
            self.wrong.append(str(self.get_starttag_text()))


EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'{{7*7}}"


async def test_every_page_is_clean_whatever_people_write(admin: Reader, sqlite_box: Mam) -> None:
    """Promise H2: hostile names of projects, folders, assets and people are text on every page."""
    # Given a box full of hostile strings
    evil = accounts.add_user(sqlite_box, email="evil@example.org", name=EVIL, password=PASSWORD)["id"]
    project = projects.create_project(sqlite_box, admin.actor, name=EVIL, description=EVIL)["id"]
    folder = projects.create_folder(sqlite_box, admin.actor, project, name=EVIL)["id"]
    asset = assets.create_asset(sqlite_box, admin.actor, project_id=project, title=EVIL, folder_id=folder)[
        "id"
    ]
    link = shares.create(sqlite_box, admin.actor, project_id=project, title=EVIL)["url"]
    told = {"url": "https://example.org/in", "description": EVIL, "project_id": project}
    hook = webhooks.create(sqlite_box, admin.actor, told)["id"]
    ids = {"<project_id>": project, "<asset_id>": asset, "<token>": "x", "<share>": link.rpartition("/")[2]}
    ids |= {"<webhook_id>": hook, "<way>": "x", "<user_id>": evil}
    shown = [route.path for route in PAGES if route.method == "GET" and not route.path.startswith("/static")]
    pages = [re.sub(r"<[a-z_]+>", lambda found: ids[found[0]], path) for path in shown]
    # When every page is looked at
    for path in (*pages, f"/projects/{project}?folder={folder}&q={EVIL}", "/nowhere"):
        answer = await admin.get(path)
        audit = Audit()
        audit.feed(await answer.get_data(as_text=True))
        # Then nothing of it is markup, and nothing is inline or from elsewhere
        refused = (403,) if path == "/login/back/x" else ()  # nobody was sent away from here
        assert answer.status_code in (200, 303, 404, *refused), path
        assert audit.wrong == [], path
    text = await admin.text(f"/projects/{project}")
    assert "&lt;script&gt;alert(1)" in text
    assert "{{7*7}}" in text


def _member(mam: Mam, owner: Actor, user: dict[str, Any], role: str) -> str:
    project = projects.create_project(mam, owner, name="Film")["id"]
    projects.set_member(mam, owner, project, user["id"], role)
    assets.create_asset(mam, owner, project_id=project, title="Take 1")
    return str(project)


async def test_a_viewer_is_offered_only_what_is_allowed(
    reader: Reader, admin: Reader, sqlite_box: Mam
) -> None:
    project = _member(sqlite_box, admin.actor, reader.user, "viewer")
    page = await reader.text(f"/projects/{project}")
    assert "Take 1" in page
    for offer in ("pick-files", "data-action", "drop-here", "New folder"):
        assert offer not in page
    assert "pick-files" in await admin.text(f"/projects/{project}")


async def test_what_one_may_not_see_is_not_there(reader: Reader, admin: Reader, sqlite_box: Mam) -> None:
    """Promise G2, on pages: a 404 in the theme, the same as for what does not exist."""
    project = projects.create_project(sqlite_box, admin.actor, name="Secret")["id"]
    asset = assets.create_asset(sqlite_box, admin.actor, project_id=project, title="Secret cut")["id"]
    for path in (
        f"/projects/{project}",
        f"/projects/{project}/cards",
        f"/assets/{asset}",
        f"/assets/{asset}/card",
    ):
        answer = await reader.get(path)
        assert answer.status_code == 404
        assert "Secret" not in await answer.get_data(as_text=True)
    for path in ("/admin/health", "/admin/jobs", "/admin/plugins", "/admin/users"):
        assert (await reader.get(path)).status_code == 403


async def test_an_old_address_still_opens_the_project(admin: Reader, sqlite_box: Mam) -> None:
    project = projects.create_project(sqlite_box, admin.actor, name="Film")["id"]
    for query in ("sort=moon", "cursor=junk", "status=none&kind=none", "folder="):
        assert (await admin.get(f"/projects/{project}?{query}")).status_code == 200
    assert (
        await admin.get(f"/projects/{project}?folder=01a1fd71-653d-7ced-9760-6d2697fbe92d")
    ).status_code == 404


async def test_cards_come_in_pieces(admin: Reader, sqlite_box: Mam) -> None:
    project = projects.create_project(sqlite_box, admin.actor, name="Film")["id"]
    for number in range(62):
        assets.create_asset(sqlite_box, admin.actor, project_id=project, title=f"take {number:02}")
    page = await admin.text(f"/projects/{project}?sort=title&q=take")
    assert page.count("data-asset-id") == 60 + 1  # a piece of cards, and the blank one
    more = re.search(r'data-more="([^"]+)"', page)
    assert more
    rest = await admin.text(more[1].replace("&amp;", "&"))
    assert re.findall(r'class="title" title="([^"]+)"', rest) == ["take 60", "take 61"]


async def test_projects_and_people_are_added_without_scripts(admin: Reader) -> None:
    answer = await admin.post("/projects/new", name="By hand")
    assert answer.status_code == 303
    assert "By hand" in await admin.text(answer.headers["Location"])
    assert (await admin.post("/projects/new", name=" ")).status_code == 422
    fields = {"display_name": "Bojan", "email": "bojan@example.org"}
    assert (await admin.post("/admin/users", password="short", **fields)).status_code == 422
    added = await admin.post("/admin/users", password=PASSWORD, **fields)
    assert "Bojan can log in now" in await added.get_data(as_text=True)
    taken = await admin.post("/admin/users", password=PASSWORD, **fields)
    assert taken.status_code == 422


async def test_people_come_into_a_project_and_leave_it(
    reader: Reader, admin: Reader, sqlite_box: Mam
) -> None:
    # Given a project that somebody does not see
    project = projects.create_project(sqlite_box, admin.actor, name="Film")["id"]
    page = f"/projects/{project}/people"
    assert (await reader.get(f"/projects/{project}")).status_code == 404
    # When they are added by their email, then they see it, and may not manage its people
    assert (await admin.post(page, email=EMAIL, role="viewer")).status_code == 303
    assert (await reader.get(f"/projects/{project}")).status_code == 200
    assert (await reader.get(page)).status_code == 403
    assert (await reader.post(page, email="root@example.org", role="viewer")).status_code == 403
    # When their role changes and they are taken out, then it is as before
    assert (await admin.post(page, user_id=reader.user["id"], role="owner")).status_code == 303
    assert (await reader.get(page)).status_code == 200
    assert (await admin.post(page, remove=reader.user["id"])).status_code == 303
    assert (await reader.get(f"/projects/{project}")).status_code == 404
    # And what cannot be done is said: a stranger, a role that is none, a project without an owner
    for wrong in (
        {"email": "x@example.org", "role": "viewer"},
        {"email": EMAIL, "role": "king"},
        {"remove": admin.user["id"]},
    ):
        answer = await admin.post(page, **wrong)
        assert answer.status_code == 422
        assert 'role="alert"' in await answer.get_data(as_text=True)


async def test_the_theme_is_kept_for_ever_and_packed(sqlite_app: Quart, sqlite_box: Mam) -> None:
    client, theme = sqlite_app.test_client(), open_theme(sqlite_box.config)
    address = theme.static("css/tokens.css")
    plain = await client.get(address)
    assert plain.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert plain.headers["Content-Type"] == "text/css; charset=utf-8"
    packed = await client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(await packed.get_data(as_text=False)) == await plain.get_data(as_text=False)
    refused = await client.get(address, headers={"Accept-Encoding": "gzip;q=0, br;q=0"})
    assert "Content-Encoding" not in refused.headers
    same = await client.get(address, headers={"If-None-Match": plain.headers["ETag"]})
    assert same.status_code == 304
    old = await client.get("/static/0123456789abcdef/css/tokens.css")
    assert old.headers["Cache-Control"] == "no-cache"
    for path in ("css/nothing.css", "../theme.toml", "..%2Ftheme.toml", "vendor/.built-from"):
        assert (await client.get(f"/static/{theme.digest}/{path}")).status_code == 404


async def test_scripts_and_sheets_of_a_page_are_there(sqlite_app: Quart) -> None:
    client = sqlite_app.test_client()
    page = await (await client.get("/login", headers=HTML)).get_data(as_text=True)
    found = re.findall(r'(?:href|src|data-icons|data-app)="(/static/[^"#]+)', page)
    scripts = " ".join(re.findall(r'<meta name="scripts" content="([^"]+)"', page)).split()
    assert len(found) >= 9
    assert len(scripts) >= 9
    found += scripts
    for address in found:
        assert (await client.get(address)).status_code == 200, address


async def test_the_page_of_a_person_tells_first_and_erases_for_the_right_address_only(
    admin: Reader, reader: Reader
) -> None:
    """Given an administrator's page of somebody, then nothing goes before the address is typed."""
    path = f"/admin/users/{reader.user['id']}"
    page = await admin.text(path)
    assert EMAIL in page
    assert f'href="/api{path}/export"' in page
    # When another's address is typed, then nothing happens and what was typed stays
    refused = await admin.post(f"{path}/erase", email="ben@example.org")
    assert refused.status_code == 422
    assert 'value="ben@example.org"' in await refused.get_data(as_text=True)
    assert (await reader.get("/")).status_code == 200
    # When theirs is, then the page says that it was done, and the login is over
    done = await admin.post(f"{path}/erase", email=EMAIL)
    assert (done.status_code, done.headers["Location"]) == (303, path)
    page = await admin.text(path)
    assert "This person was erased already." in page
    assert EMAIL not in page
    assert (await reader.get("/")).status_code == 303


async def test_nobody_erases_themselves_or_sees_the_page_without_the_right(
    admin: Reader, reader: Reader
) -> None:
    """Given one's own page, then it says who can; given no right, then there is no page."""
    path = f"/admin/users/{admin.user['id']}"
    assert "You cannot erase yourself" in await admin.text(path)
    assert (await admin.post(f"{path}/erase", email="root@example.org")).status_code == 409
    assert (await reader.get(path)).status_code == 403
    assert (await admin.get("/admin/users/00000000-0000-0000-0000-000000000000")).status_code == 404
