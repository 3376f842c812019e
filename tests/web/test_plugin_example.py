"""The whole example of plugins/README.md: written out, installed by pip, and every part of it used.

It answers mam_tables, mam_routes, mam_menu, mam_commands, mam_job_kinds and mam_asset_panel.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from library import actor_of, make_library
from peewee import OperationalError, ProgrammingError
from quart import Quart
from typer.testing import CliRunner
from web_people import Person, make_people

from mam import plugin_tables
from mam.cli import app as commands
from mam.core import Mam
from mam.models import Asset, Job, database, dump, schema
from mam.plugins import State, open_hooks
from mam.services import jobs, plugin_visits, projects, roles
from mam.types import SYSTEM, PluginRoute
from mam.web import plugged
from mam.web.app import create_app

PAGE = Path(__file__).parents[2] / "plugins" / "README.md"
_FILE = re.compile(r"```\w+\n(?:# |<!-- )([\w./]+)(?: -->)?\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The files of the page as a distribution, installed into a folder of its own."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    whole = PAGE.read_text(encoding="utf-8").split("## A whole example", 1)[1].split("\n## ", 1)[0]
    for name, text in _FILE.findall(whole):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    command += ["--target", str(site), str(source)]
    subprocess.run(command, check=True, timeout=300)
    sys.path.insert(0, str(site))
    yield site
    sys.path.remove(str(site))
    for name in [name for name in sys.modules if name.startswith("mam_marks")]:
        del sys.modules[name]
    schema.PLUGGED.clear()


@pytest.fixture
def marked(box: Mam, installed: Path) -> Mam:
    """The box opened with the plugin, its tables made."""
    assert installed.is_dir()
    config = replace(box.config, plugins=("marks",))
    hooks = open_hooks(config)
    hooks.connected = box.hooks.connected
    hooks.declare_all()
    assert plugin_tables.bring_up(hooks, migrate=True) == ["marks: 0001_marks"]
    return replace(box, config=config, hooks=hooks)


@pytest.fixture
def marked_app(marked: Mam) -> Quart:
    return create_app(marked)


@pytest.fixture
def persons(marked: Mam, marked_app: Quart) -> dict[str, Person]:
    return make_people(marked, marked_app)


async def shown(person: Person, path: str) -> tuple[int, str]:
    """Status and text of a page."""
    status, body = await person.call("GET", path)
    return status, body.decode() if isinstance(body, bytes) else str(body)


async def test_every_part_of_it_works(marked: Mam, persons: dict[str, Any]) -> None:
    ana, ben, nobody = persons["ana"], persons["ben"], persons["nobody"]
    library = make_library(marked, actor_of(marked, ana.token))
    path = f"/api/plugins/marks/assets/{library.asset_id}"
    # Given a mark that somebody sets by the call
    status, body = await ana.call("POST", path, json={"words": "<b>fine</b>"})
    assert (status, body) == (200, {"marks": 1})
    # Then whoever may not see the asset is told that nothing is there, and nobody is nobody
    assert [(await one.call("GET", path))[0] for one in (ana, ben, nobody)] == [200, 404, 401]
    assert (await ana.call("POST", path, json={"words": "x" * 201}))[0] == 422
    # And its own page shows it, escaped, in the frame, with an entry in the menu
    status, page = await shown(ana, "/plugins/marks/all")
    assert status == 200
    assert "&lt;b&gt;fine&lt;/b&gt;" in page
    assert 'href="/plugins/marks/all"' in page
    assert "<b>fine</b>" not in page
    # And the job that it queued runs
    (job,) = Job.select().where(Job.kind == "marks.thank")
    assert jobs.run(marked, job.id)
    assert Asset.get_by_id(library.asset_id).tags[-1] == "marked"
    # And the document names its calls
    _, document = await nobody.call("GET", "/openapi.json")
    operation = document["paths"]["/api/plugins/marks/assets/{asset_id}"]["post"]
    assert operation["summary"] == "Mark an asset; a job says thanks by a tag."


MATRIX = {
    # route: who may; a stranger is nobody in the project, made is a role that an administrator made
    "GET /plugins/marks/all": "stranger viewer reviewer editor owner made admin",
    "GET /plugins/marks/tidy": "admin",
    "POST /plugins/marks/tidy": "admin",
    "GET /api/plugins/marks/assets/<asset_id>": "viewer reviewer editor owner made admin",
    "POST /api/plugins/marks/assets/<asset_id>": "reviewer editor owner admin",
}


async def test_every_role_at_every_route(marked: Mam, marked_app: Quart, persons: dict[str, Any]) -> None:
    """Promise G1, for routes of plugins: each asks for its right before any code of the plugin runs."""
    # Given somebody in each role beside a stranger, an administrator and nobody
    assert {route.name for route in plugged.routes(marked)} == set(MATRIX)
    ana, ben = persons["ana"], persons["ben"]
    library = make_library(marked, actor_of(marked, ana.token))
    made = roles.create_role(marked, SYSTEM, name="Librarian", actions=["asset.write"])
    stages = ["nobody", "stranger", "viewer", "reviewer", "editor", "owner", "made", "admin"]
    for stage in stages:
        person = {"nobody": persons["nobody"], "admin": persons["admin"]}.get(stage, ben)
        if person is ben and stage != "stranger":
            key = made["key"] if stage == "made" else stage
            projects.set_member(marked, SYSTEM, library.project_id, ben.user["id"], key)
        # When they call every route
        for name, allowed in MATRIX.items():
            method, path = name.replace("<asset_id>", library.asset_id).split(" ")
            status, _ = await person.call(
                method, path, json={} if path.startswith("/api") and method == "POST" else None
            )
            # Then those who may get an answer, and the others are told as by the core
            refused = 401 if stage == "nobody" else 404 if stage == "stranger" and "/api/" in path else 403
            may = stage in allowed.split()
            assert status < 400 if may else status == refused, (stage, name, status)


async def test_rights_and_switching_off(marked: Mam, persons: dict[str, Any]) -> None:
    # Given a page for administrators, then others may not open it, and it stands beside the settings
    admin, ana = persons["admin"], persons["ana"]
    assert (await ana.call("GET", "/plugins/marks/tidy"))[0] == 403
    status, page = await shown(admin, "/plugins/marks/tidy")
    assert (status, "Remove all of them" in page) == (200, True)
    assert "Marks: tidy up" in (await shown(admin, "/admin/plugins"))[1]
    # When the plugin is switched off, then its routes are not there and no menu leads to them
    marked.hooks.switch_off("marks", "for a test", by="admin")
    assert (await admin.call("GET", "/plugins/marks/tidy"))[0] == 404
    assert plugin_visits.menu(marked, SYSTEM) == []
    # And on again they are
    marked.hooks.switch_on("marks")
    assert (await admin.call("GET", "/plugins/marks/tidy"))[0] == 200


async def test_a_crash_is_a_500_and_counted(marked: Mam) -> None:
    # Given a route that falls over, and one that answers nonsense
    rows = (
        PluginRoute("GET", "/crash", lambda _config, _visit: 1 / 0, "login", api=True),
        PluginRoute("GET", "/odd", lambda _config, _visit: "text", "login"),
    )
    plugin = marked.hooks.plugins["marks"]
    plugin.declared[plugin_visits.ROUTES] = rows
    people = make_people(marked, create_app(marked))
    # When they are called
    crash = await people["ana"].call("GET", "/api/plugins/marks/crash")
    odd = await people["ana"].call("GET", "/plugins/marks/odd")
    # Then the caller learns nothing but that, and both count
    assert (crash[0], odd[0], plugin.failures) == (500, 500, 2)
    assert "ZeroDivision" not in str(crash[1])


def test_its_rows_are_in_a_dump_and_come_back(marked: Mam, installed: Path) -> None:
    # Given a mark, and a dump of every table
    assert installed.is_dir()
    mark = marked.hooks.plugins["marks"].declared["mam_tables"][0]
    mark.create(asset_id="a", title="Film", words="kept")
    with dump.one_moment():
        kept = {name: list(dump.rows(name)) for name in dump.tables()}
    assert [row["words"] for row in kept["plugin_marks_mark"]] == ["kept"]
    # When everything is gone and loaded again
    mark.delete().execute()
    dump.load({name: (lambda name=name: kept[name]) for name in kept})
    # Then it is back, and the next one gets a number of its own
    assert [row.words for row in mark.select()] == ["kept"]
    assert mark.create(asset_id="b", title="", words="").id > mark.select().first().id


def test_a_newer_database_or_a_bad_migration_stops_that_plugin_alone(marked: Mam, installed: Path) -> None:
    # Given a database that a newer version of the plugin has brought forward
    folder = installed / "mam_marks" / "migrations"
    newer = folder / "0002_newer.py"
    newer.write_text("def up(migrator, db):\n    pass\n")
    assert plugin_tables.bring_up(marked.hooks, migrate=True) == ["marks: 0002_newer"]
    newer.unlink()
    # When the older one meets it, then it is stopped with a finding
    hooks = open_hooks(marked.config)
    plugin_tables.bring_up(hooks, migrate=True)
    plugin = hooks.plugins["marks"]
    assert (plugin.state, plugin.findings[0].blocks) == (State.STOPPED_BY_LOAD_ERROR, True)
    assert "made by a newer version: 0002_newer" in plugin.reason
    # And so is one whose migration fails; what it had done is taken back
    newer.write_text("def up(migrator, db):\n    pass\n")
    bad = folder / "0003_bad.py"
    bad.write_text(
        "def up(migrator, db):\n    db.execute_sql('CREATE TABLE plugin_marks_x (a INT)')\n    1 / 0\n"
    )
    try:
        hooks = open_hooks(marked.config)
        plugin_tables.bring_up(hooks, migrate=True)
    finally:
        newer.unlink()
        bad.unlink()
    assert "ZeroDivisionError" in hooks.plugins["marks"].reason
    with pytest.raises((OperationalError, ProgrammingError)):
        database.execute_sql("SELECT a FROM plugin_marks_x")


def test_its_command_runs_on_the_console(sqlite_box: Mam, installed: Path) -> None:
    # Given a box whose file names the plugin
    assert installed.is_dir()
    file = sqlite_box.config.data / "config.toml"
    url = str(sqlite_box.config.queue.url)
    file.write_text(f'plugins = ["marks"]\n[queue]\nurl = "{url}"\n', encoding="utf-8")
    # When its command is typed, then it runs with the words behind it; a name that is not there is told
    data = ["--data", str(sqlite_box.config.data)]
    done = CliRunner().invoke(commands, [*data, "marks", "count", "so", "--far"], prog_name="mam")
    assert (done.exit_code, done.stdout) == (0, "0 so --far\n"), done.output
    assert CliRunner().invoke(commands, [*data, "markss"], prog_name="mam").exit_code == 2
