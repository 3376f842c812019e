"""Themes: templates and static files, the chosen theme first, parts of plugins next, the default one behind.

`{% extends "core:asset.html" %}` in a theme's own `asset.html` extends the default's page. Static files are
read once at start and served under the hash of all of them, so that a browser may keep them for ever. What a
template may rely on is `mam.web.views` and `themes/README.md`. Writes nothing.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import posixpath
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from mam.config import Config
from mam.errors import ConfigError
from mam.web import language, words

DEFAULT = "default"
PLAYER = "vendor/hls.js"
"""The one file that is made by the build of the front end."""

COMPRESS_FROM = 1024
"""Bytes from which a text is kept compressed beside its plain form."""

CORE = "core"
"""The folder below which the default theme's files are found that a theme hides by files of its own."""

SHEETS = "css/all.css"
"""The style sheet of every page: sent with those in it that it imports, so that pages wait for one file."""

BROTLI = ".br"
"""What a file's name ends in that was packed by the build, beside the file itself."""

_IMPORT = re.compile(rb'^import\b[^"\'();]*["\'](\.[^"\']+)["\'];', re.MULTILINE)
_SHEET = re.compile(rb'@import\s+(?:url\()?"([^"]+)"\)?\s*;')
_SURFACE = re.compile(r"--surface:\s*light-dark\(\s*(#[0-9a-fA-F]{6})\s*,\s*(#[0-9a-fA-F]{6})\s*\)")
_log = structlog.get_logger("mam.web")
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_TEXTS = ("text/", "image/svg")
_SHIPPED = (Path(__file__).parents[2] / "themes", Path(__file__).parents[1] / "themes")
"""Where the default theme lies: in a checkout, in an installed package."""


@dataclass(frozen=True)
class StaticFile:
    """One file of a theme, ready to be sent.

    `packed` is gzip, None where that gains nothing; `brotli` what the build laid beside the file as `.br`.
    """

    content: bytes
    packed: bytes | None
    content_type: str
    etag: str
    brotli: bytes | None = None


@dataclass(frozen=True)
class Bars:
    """The colour that the browser's own bars get, for either appearance."""

    light: str
    dark: str


@dataclass(frozen=True)
class Theme:
    """The chosen theme over the default one."""

    name: str
    title: str
    environment: Environment
    files: Mapping[str, StaticFile]
    digest: str
    languages: Mapping[str, language.Language]
    bars: Bars

    def render(self, template: str, view: object) -> str:
        """The page: the view's fields are the template's variables, and nothing else is."""
        values = {one.name: getattr(view, one.name) for one in fields(view)}  # type: ignore[arg-type]
        return self.environment.get_template(template).render(values)

    def static(self, path: str) -> str:
        """The address of a static file; `KeyError` for one that neither theme has."""
        return f"/static/{self.digest}/{path}" if path in self.files else _missing(path)

    def modules(self, *paths: str) -> list[str]:
        """The addresses of scripts and of all that they import, so that a browser asks for them at once.

        In the order in which they are found; names that neither theme has are left out.
        """
        found: dict[str, None] = {}
        for path in paths:
            _gather(self.files, path, found)
        return [self.static(path) for path in found]


def open_theme(
    config: Config,
    plugins: Mapping[str, Path] = MappingProxyType({}),
    parts: Mapping[str, Path] = MappingProxyType({}),
) -> Theme:
    """Load the configured theme; `ConfigError` names the folder that was looked for.

    `plugins` are folders `static` of plugins by name; their files are served as `plugins/<name>/…`. `parts`
    are folders `theme` of plugins, asked in their order; one that has a template which cannot be read is left
    out, with a line in the log.
    """
    default = shipped(DEFAULT)
    chosen = default if config.theme == DEFAULT else _find(config)
    good = {name: folder for name, folder in parts.items() if _is_readable(name, folder)}
    own = [chosen] if chosen != default else []
    folders = [*own, *good.values(), default]
    about = _about(chosen)
    files = _load_static(folders, tuple(good))
    if PLAYER not in files:
        _log.warning("the player is not bundled, films will not play; run `make setup`", file=PLAYER)
    for name, folder in plugins.items():
        files |= {f"plugins/{name}/{path}": file for path, file in _load_static([folder.parent]).items()}
    digest = hashlib.sha256("".join(f"{name}\0{one.etag}\0" for name, one in files.items()).encode())
    environment = _environment(folders, default)
    theme = Theme(
        about.get("name", chosen.name),
        about.get("title") or _about(default).get("title", "MAM"),
        environment,
        files,
        digest.hexdigest()[:16],
        _languages(folders, config),
        _bars(files),
    )
    given = {
        "static": theme.static,
        "modules": theme.modules,
        "icon": _icon(theme),
        "site_title": theme.title,
        "bars": theme.bars,
    }
    environment.globals.update(given)
    return theme


def shipped(name: str) -> Path:
    """The folder of a theme that came with this version."""
    for parent in _SHIPPED:
        if (parent / name / "templates").is_dir():
            return parent / name
    raise ConfigError(f"The theme {name} is not part of this installation.")


def _find(config: Config) -> Path:
    """A theme by path, out of the data folder's `themes/`, or one that came with this version."""
    places = [Path(config.theme)] if "/" in config.theme else [config.data / "themes" / config.theme]
    found = next((place for place in places if place.is_dir()), None)
    if found is not None:
        return found
    try:
        return shipped(config.theme)
    except ConfigError:
        where = config.path or "the configuration"
        raise ConfigError(
            f"{where}: theme: expected a folder with templates/ or static/, found nothing at {places[0]}."
        ) from None


def _about(folder: Path) -> dict[str, Any]:
    path = folder / "theme.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: this is not TOML: {error}.") from None


def _environment(folders: list[Path], default: Path) -> Environment:
    loaders = [FileSystemLoader(folder / "templates") for folder in folders]
    core = PrefixLoader({"core": FileSystemLoader(default / "templates")}, delimiter=":")
    environment = Environment(
        loader=ChoiceLoader([*loaders, core]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext, language.ngettext, newstyle=True,
        pgettext=language.pgettext, npgettext=language.npgettext,
    )  # fmt: skip
    environment.filters.update(words.FILTERS)
    return environment


def _languages(folders: list[Path], config: Config) -> Mapping[str, language.Language]:
    found = language.read_languages(folders)
    if config.language not in found:
        where, known = config.path or "the configuration", ", ".join(found)
        raise ConfigError(f'{where}: language: expected one of {known}, found "{config.language}".')
    return found


def _icon(theme: Theme) -> Any:
    """`icon("name")`: a drawing out of the theme's sprite, or a file of its own, for the eyes only."""
    sprite = theme.static("icons.svg")

    def icon(name: str, more: str = "") -> Markup:
        own = f"icons/{name}.svg"
        parts = f"icon {more}".strip(), theme.static(own) if own in theme.files else sprite, name
        return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(*parts)

    return icon


def _bars(files: Mapping[str, StaticFile]) -> Bars:
    """The colour of surfaces as the theme's tokens have it; neutral greys where they say it otherwise."""
    sheets = [files[name] for name in ("css/tokens.css", f"{CORE}/css/tokens.css") if name in files]
    found = (_SURFACE.search(one.content.decode()) for one in sheets)
    return next((Bars(*one.groups()) for one in found if one), Bars("#fafafa", "#1b1b1b"))


def _is_readable(plugin: str, folder: Path) -> bool:
    """Whether every template of a plugin's parts compiles: a broken one would break the core's pages."""
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    environment.filters.update(words.FILTERS)
    for path in sorted((folder / "templates").rglob("*.html")):
        try:
            environment.compile(path.read_text("utf-8"))
        except (TemplateError, UnicodeDecodeError) as error:
            told = {"plugin": plugin, "template": path.name, "reason": str(error)[:300]}
            _log.warning("theme parts of a plugin left out", **told)
            return False
    return True


def _load_static(folders: list[Path], plugins: tuple[str, ...] = ()) -> dict[str, StaticFile]:
    """Every file by its name, the first folder's before the next; sheets named after `plugins` are joined."""
    found: dict[str, Path] = {}
    for folder in reversed(folders):
        root = folder / "static"
        here = {str(path.relative_to(root)): path for path in root.rglob("*") if _is_served(path)}
        hidden = {f"{CORE}/{name}": found[name] for name in here.keys() & found.keys()}
        found = hidden | found | here
    files = {name: _read(found[name]) for name in sorted(found)}
    return files | ({SHEETS: _joined(files, plugins)} if SHEETS in files else {})


def _joined(files: Mapping[str, StaticFile], plugins: tuple[str, ...] = ()) -> StaticFile:
    """`SHEETS` with what it imports in it, then those of plugins; as it is where that cannot be one file."""
    content = _imported(files, SHEETS, set())
    sheets = [f"css/{name}.css" for name in plugins if f"css/{name}.css" in files]
    content = b"\n".join([content, *(files[one].content for one in sheets)])
    return files[SHEETS] if b"@import" in content else _static(content, files[SHEETS].content_type)


def _imported(files: Mapping[str, StaticFile], name: str, seen: set[str]) -> bytes:
    """A sheet's text; imports that have conditions, or whose addresses would mean another file, stay."""
    seen.add(name)

    def put(found: re.Match[bytes]) -> bytes:
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[1].decode()))
        if wanted not in files or wanted in seen:
            return found[0]
        elsewhere = posixpath.dirname(wanted) != posixpath.dirname(SHEETS)
        return found[0] if elsewhere and b"url(" in files[wanted].content else _imported(files, wanted, seen)

    return _SHEET.sub(put, files[name].content)


def _gather(files: Mapping[str, StaticFile], path: str, found: dict[str, None]) -> None:
    """Note a script and, behind it, those that it imports; `found` keeps their order."""
    if path in found or path not in files:
        return
    found[path] = None
    for name in _IMPORT.findall(files[path].content):
        _gather(files, posixpath.normpath(posixpath.join(posixpath.dirname(path), name.decode())), found)


def _is_served(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.suffix != BROTLI


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    content_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    beside = path.with_name(path.name + BROTLI)
    return _static(content, content_type, beside.read_bytes() if beside.is_file() else None)


def _static(content: bytes, content_type: str, brotli: bytes | None = None) -> StaticFile:
    packable = content_type.startswith(_TEXTS) and len(content) >= COMPRESS_FROM
    packed = gzip.compress(content, 9, mtime=0) if packable else None
    return StaticFile(content, packed, content_type, hashlib.sha256(content).hexdigest()[:32], brotli)


def _missing(path: str) -> str:
    raise KeyError(f"no theme has static/{path}; was the front end built (make setup)?")
