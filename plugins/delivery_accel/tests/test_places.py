"""Which files have a location, which settings hold, what the self-check finds."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from front_server import ME, SECRET
from mam_delivery_accel.__main__ import main
from mam_delivery_accel.nginx import http_part, server_part
from mam_delivery_accel.places import Places
from mam_delivery_accel.review import findings, first_barred
from mam_delivery_accel.settings import Settings

from mam.config import Config, Secret, Server
from mam.errors import ConfigError
from mam.plugins import open_hooks

PLACES = Places("/_mam/", {"previews": Path("/store/previews"), "deep": Path("/store/previews/deep")})
SETTINGS = Settings(Secret(SECRET))


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/store/previews/v/g1/a.m4s", "/_mam/previews/v/g1/a.m4s"),
        ("/store/previews/a b%c?d#e;f&g\"h'i\\j", "/_mam/previews/a%20b%25c%3Fd%23e%3Bf%26g%22h%27i%5Cj"),
        ("/store/previews/ü", "/_mam/previews/%C3%BC"),
        ("/store/previews/\udcff", "/_mam/previews/%FF"),
        ("/store/previews/deep/x", "/_mam/deep/x"),
        ("/store/previews/a\nX-Header: b", None),
        ("/store/previews/a\rb", None),
        ("/store/previews/\x7f", None),
        ("/store/previews/../secrets/key", None),
        ("/store/previews/./x", None),
        ("/store/previews//x", None),
        ("/store/previews", None),
        ("/store/previewsx/y", None),
        ("/store/masters/x", None),
        ("previews/x", None),
    ],
    ids=str,
)
def test_location(path: str, location: str | None) -> None:
    # Given a file's path as it may be; pathlib would tidy it, so that the letters are given as they are
    class Letters:
        def __fspath__(self) -> str:
            return path

    # When its location is asked for
    # Then it lies below the folder's, percent-encoded, or nowhere
    assert PLACES.location(Letters()) == location


def test_hook_answers_for_the_secret_alone(tmp_path: Path) -> None:
    # Given the plugin as the box calls it
    tables = {"delivery_accel": {"secret": SECRET, "remember_seconds": 3}}
    config = Config(data=tmp_path, plugins=("delivery_accel",), plugin_tables=tables)
    hooks = open_hooks(config)
    path = config.store / "previews" / "v" / "x.m4s"
    # When `mam_accelerate` is asked with the secret, with another one, and with none
    said = [
        hooks.first("mam_accelerate", config=config, path=path, headers=headers)
        for headers in ({b"x-mam-front": SECRET.encode()}, {b"x-mam-front": b"\xff" * 48}, {})
    ]
    # Then only the first has an answer
    assert (said[0].path, said[0].remember) == ("/_mam/previews/v/x.m4s", 3)
    assert said[1:] == [None, None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": Secret("short")},
        {"secret": Secret(SECRET + '"; root /')},
        {"header": "X Mam"},
        {"prefix": "_mam"},
        {"prefix": "/"},
        {"remember_seconds": 60},
        {"folders": ("relative=x",)},
        {"folders": ("up=/a/../b",)},
        {"folders": ("Name=/a",)},
    ],
    ids=str,
)
def test_settings_that_cannot_hold_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        replace(SETTINGS, **wrong)


def test_findings_name_what_nginx_may_not_read(tmp_path: Path) -> None:
    # Given a store that only its owner may enter, and a store that is not there
    tmp_path.chmod(0o755)
    data = tmp_path / "data"
    config = Config(data=data, server=Server(trusted_proxies=("127.0.0.1",)))
    empty = findings(config, SETTINGS)
    file = config.store / "previews" / "v" / "g1" / "x.m4s"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    config.store.chmod(0o700)
    # When the plugin looks at itself for another user, one that is not there, and the owner
    barred = {one.check: one for one in findings(config, replace(SETTINGS, nginx_user="nobody"))}
    unknown = findings(config, replace(SETTINGS, nginx_user="no-such-user"))
    mine = findings(config, replace(SETTINGS, nginx_user=ME))
    # Then it names the first folder in the way; without a store it says that there is nothing to send
    assert barred["previews"].severity == "warning"
    assert barred["previews"].message.startswith("nobody may not read ")
    assert any(one.severity == "warning" for one in unknown)
    assert {one.severity for one in mine} == {"ok"}
    assert [one.check for one in empty if one.severity == "warning"] == ["store"]
    assert not any(one.blocks for one in (*barred.values(), *unknown, *empty))


def test_findings_look_below_the_folder(tmp_path: Path) -> None:
    # Given folders that all may enter, and in them one file that only its owner may read
    folder = tmp_path / "previews"
    (folder / "v").mkdir(parents=True)
    secret = folder / "v" / "x.m4s"
    secret.write_bytes(b"x")
    for one in (tmp_path, folder, folder / "v"):
        one.chmod(0o755)
    secret.chmod(0o600)
    # When somebody else's way is looked at
    barred = first_barred(folder, "nobody")
    # Then it is that file, or a folder above the test's own that is closed to others
    assert barred is not None
    assert barred == secret or barred in folder.parents


def test_configuration_is_written_for_nginx(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Given a configuration file
    file = tmp_path / "config.toml"
    secret = f'[plugins.delivery_accel]\nsecret = "{SECRET}"\n'
    file.write_text(f'data = "{tmp_path}/d"\n[plugins]\nenabled = ["delivery_accel"]\n{secret}')
    # When both parts are written
    assert main(["http", "--config", str(file)]) == 0
    http = capsys.readouterr().out
    assert main(["server", "--config", str(file), "--secret-file", "/etc/nginx/secret.conf"]) == 0
    server = capsys.readouterr().out
    # Then each has its own, and a secret that is included is not in it
    assert "proxy_cache_path" in http
    assert f'alias "{tmp_path}/d/store/previews/"' in server
    assert "include /etc/nginx/secret.conf;" in server
    assert SECRET not in server
    # And a file that is not there is one sentence
    assert main(["http", "--config", str(tmp_path / "none.toml")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_nginx_would_misread_is_refused(tmp_path: Path) -> None:
    # Given a data folder with a variable's sign in its name
    config = Config(data=tmp_path / "a$b")
    # When nginx's side is written
    # Then it is refused, and the self-check says so, too
    with pytest.raises(ConfigError):
        server_part(config, SETTINGS, "http://portal")
    with pytest.raises(ConfigError):
        http_part(config, tmp_path / 'a"b')
    assert any("nginx's configuration" in one.message for one in findings(config, SETTINGS))


def test_nothing_of_the_core_is_imported_that_may_change() -> None:
    # Given the plugin's modules
    package = Path(sys.modules["mam_delivery_accel"].__file__ or "").parent
    # When their imports of the core are read
    words = {line.split()[1] for file in package.glob("*.py") for line in file.read_text().splitlines()
             if line.startswith(("from mam.", "from mam "))}  # fmt: skip
    # Then they are the promised ones
    assert words <= {"mam", "mam.types", "mam.errors", "mam.config"}
