"""Every hook a plugin can answer: one function each, the docstring is the promise.

Plain functions, never async. "First answer wins" hooks are asked in the order of `plugins = [...]`
in the configuration, then the core's own; None passes to the next. A plugin raises only the errors
of `mam.errors` named here; anything else is caught at the border and counted against the plugin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mam.config import Config
    from mam.types import (
        Accel,
        Actor,
        Command,
        Credentials,
        Delivery,
        DeliveryFile,
        Event,
        Finding,
        Identity,
        JobKind,
        LoginReturn,
        LoginStart,
        LoginVisit,
        LoginWay,
        MediaInfo,
        MenuEntry,
        Outsider,
        Panel,
        PluginRoute,
        Recipe,
        Report,
        ShownAsset,
        Source,
        Standing,
        Storage,
        Target,
        Thing,
        TranscodeResult,
        Trouble,
    )

hookspec = pluggy.HookspecMarker("mam")


@hookspec
def mam_config() -> type:
    """The plugin's settings: a frozen dataclass whose fields are the keys of `[plugins.<name>]`.

    Fields may be str, int, float, bool, `pathlib.Path`, tuples of str, or `mam.config.Secret`;
    a field without a default is a required key.
    """


@hookspec
def mam_check(config: Config) -> list[Finding]:
    """Look whether the plugin can work here: driver, bucket, encoder, lock.

    Called at start, by `mam doctor` and from the admin page; must return within 20 seconds. A finding
    with `blocks` set stops the plugin ("stopped by self-check") and its message is the reason shown.
    """


@hookspec(firstresult=True)
def mam_storage(config: Config) -> Storage | None:
    """The store for all three areas; None when this plugin is not the one configured.

    Raises `StorageError` or `ConfigError`. Asked once, when the box opens.
    """


@hookspec(firstresult=True)
def mam_transcode(
    config: Config, source: Source, recipe: Recipe, target: Target, report: Report
) -> TranscodeResult | None:
    """Make the recipe's renditions from a local source in the target folder; None to decline.

    Decline (no GPU, no free session, driver lost, also in the middle) by returning None, after logging
    why: the core empties the target folder and the next transcoder answers. So it does where `recipe`
    asks for a piece of a film (`Recipe.is_piece`) and something else was made. Raise `SourceError` only
    when the source itself is bad. `report` is called at least once a second with the progress and may
    raise `CancelledWorkError`, which must end every child process and pass through.
    """


@hookspec
def mam_describe(config: Config, source: Source) -> MediaInfo | None:
    """What a local source is: technical metadata, or None when this plugin does not know the kind.

    Answers are merged: the first plugin's fields win, empty ones are filled from later answers, `tags`
    are united. Raises `SourceError` for a hostile or broken file. Untrusted bytes are read in
    `mam.media.sandbox` only.
    """


@hookspec(firstresult=True)
def mam_authenticate(config: Config, credentials: Credentials) -> Identity | None:
    """Check credentials; None when they are not this authenticator's or do not hold.

    Runs inside a database connection and must take the same time for known and unknown users. Raise
    `AuthenticatorAwayError` where the directory asked does not answer: the next authenticator is asked, and
    only where nobody knows the credentials the person is told.
    """


@hookspec
def mam_login_way(config: Config) -> LoginWay | None:
    """A login that happens elsewhere: its button on the log-in page. Asks nobody; answers at once."""


@hookspec(firstresult=True)
def mam_login_start(config: Config, visit: LoginVisit) -> LoginStart | None:
    """Where to send the browser to log in by the way `visit.way`; None for another plugin's way.

    The address has to carry `state` and `return_to` so that the browser comes back with the state in its
    query. Raises `AuthenticatorAwayError`.
    """


@hookspec(firstresult=True)
def mam_login_finish(config: Config, answer: LoginReturn) -> Identity | None:
    """Who came back; None for another plugin's way.

    The core has checked the state: known, of this browser, ten minutes old at most, used for the first time.
    Raises `UnauthorizedError` where the answer does not hold, `ForbiddenError` where it holds and the person
    may not come in here; their sentences go into the audit log, the person is told less.
    `AuthenticatorAwayError` where the login service does not answer.
    """


@hookspec(firstresult=True)
def mam_standing(config: Config, outsider: Outsider) -> Standing | None:
    """Whether somebody who logged in by this plugin still belongs; None for another's, or where unknown.

    Asked by the workers and at the refresh of a token, every `[auth] standing_minutes` for whoever has a
    login or an API key. Raises `AuthenticatorAwayError`, which changes nothing.
    """


@hookspec(firstresult=True)
def mam_logout_address(config: Config, outsider: Outsider, return_to: str) -> str | None:
    """Where a person who just logged out here can end the login elsewhere, too; None where nowhere."""


@hookspec(firstresult=True)
def mam_allow(actor: Actor, action: str, thing: Thing) -> bool | None:
    """Whether `actor` may do `action` ("asset.read", "upload.create", ...) to `thing`.

    None leaves it to the next; no answer at all means no. The list of actions is in `plugins/README.md`.
    """


@hookspec(firstresult=True)
def mam_deliver(config: Config, storage: Storage, actor: Actor, file: DeliveryFile) -> Delivery | None:
    """How an already permitted file is handed out: redirect, accelerated by the web server, streamed."""


@hookspec(firstresult=True)
def mam_accelerate(config: Config, path: Path, headers: Mapping[bytes, bytes]) -> Accel | None:
    """Where the web server in front finds a file of this machine, for it to send in the delivery's place.

    Asked for each signed request once it was checked and its file found: `path` is one that never changes.
    `headers` are the request's, names in lower case: answer only where they prove that the web server asks,
    for anybody else would get an empty body. None leaves the bytes to the delivery. Answer out of memory.
    """


@hookspec
def mam_asset_panel(config: Config, actor: Actor, asset: ShownAsset) -> Panel | None:
    """A section of your own on the page of an asset, for whoever reads it (`actor` may see the asset).

    None shows nothing. Asked each time the page is opened: answer within a tenth of a second, out of what you
    have at hand. What is longer than 50 rows of 500 characters is cut.
    """


@hookspec
def mam_job_kinds(config: Config) -> list[JobKind]:
    """Kinds of jobs of your own, done by the workers: retried, listed and contained like the core's.

    Asked once in each process, when the box opens. An answer that does not hold stops the plugin.
    """


@hookspec
def mam_routes(config: Config) -> list[PluginRoute]:
    """Pages and calls of your own, each with the right that it needs; login, limits and CSRF are the core's.

    Asked once in each process, when the box opens. An answer that does not hold stops the plugin.
    """


@hookspec
def mam_menu(config: Config) -> list[MenuEntry]:
    """Links to your own pages: in everybody's menu, or beside your settings. Asked as `mam_routes`."""


@hookspec
def mam_tables(config: Config) -> list[type]:
    """Tables of your own: peewee models, named `plugin_<plugin>_...`, made by the package's `migrations/`.

    The core binds them to its database, runs the migrations after its own and keeps the rows in backups.
    Asked as `mam_routes`.
    """


@hookspec
def mam_commands(config: Config) -> list[Command]:
    """Commands of your own: `mam <plugin> <command>`. Asked as `mam_routes`."""


@hookspec
def mam_event(event: Event) -> None:
    """Something happened, after it was committed. Must return within a second; queue longer work."""


@hookspec
def mam_error(trouble: Trouble) -> None:
    """An error that nobody expected, for an error tracker; called beside the work, never in its way.

    At most a hundred wait; what comes beyond is only in the log. Send no local variables on: a frame may hold
    a password or a grant.
    """
