"""What a template is given: one frozen dataclass a page, each field with its help.

This is the promise to whoever writes a theme; `themes/README.md` lists it and a test compares. Fields that
hold `dict` are exactly the contract's JSON shapes. Nothing here reads or decides anything.
"""

# ruff: noqa: RUF009 - the helper answers dataclasses.field
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

Shape = dict[str, Any]


def _f(text: str, **more: Any) -> Any:
    """A field with its help text."""
    return field(metadata={"help": text}, **more)


# --- parts of pages ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whoever is logged in."""

    id: str = _f("The user's id.")
    display_name: str = _f("The name to show.")
    email: str = _f("The email address.")
    is_admin: bool = _f("Whether the admin pages are open to this person.")


@dataclass(frozen=True, kw_only=True)
class LanguageRow:
    """A language that the pages can be read in."""

    tag: str = _f("Its tag: en, de, pt-BR.")
    name: str = _f("Its name in itself: English, Deutsch.")
    chosen: bool = _f("Whether the reader chose it; nobody has to choose.")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A poster and its place before it is there."""

    url: str | None = _f(
        "Signed address of the poster, good for at least 45 minutes; None until there is one."
    )
    blurhash: str | None = _f("BlurHash of the poster, or None.")
    width: int = _f("Width of the placeholder in its right aspect, in pixels of a small canvas.")
    height: int = _f("Height of the placeholder.")


@dataclass(frozen=True, kw_only=True)
class Card:
    """One asset in a grid."""

    id: str = _f("The asset's id.")
    title: str = _f("Its title.")
    kind: str | None = _f("video, image, audio, document, other, or None before it is known.")
    state: str = _f("The asset's status; while its preview is made, that of the preview.")
    folder_id: str | None = _f("The folder it lies in, or None for the project's top.")
    version_id: str | None = _f("The current version's id, or None before the first file.")
    version_number: int = _f("The current version's number; 0 before the first file.")
    size: int | None = _f("Bytes of the current master, or None.")
    duration: float | None = _f("Seconds, for what has a length.")
    percent: float = _f("How far the preview is, 0 to 100.")
    playable: bool = _f("Whether it can be played already.")
    created_at: str = _f("When the asset was made, ISO 8601.")
    review: str = _f("The review of the current version: none, in_review, approved, changes_requested.")
    overdue: bool = _f("Whether somebody still owes a decision that was due.")
    notes: int = _f("Open notes on the current version that the reader may see.", default=0)
    picture: Picture = _f("Its poster.")
    values: tuple[str, ...] = _f("Its values of the project's own fields, one for each column.", default=())


@dataclass(frozen=True, kw_only=True)
class SavedFilter:
    """A saved collection in the tree."""

    id: str = _f("The collection's id.")
    name: str = _f("Its name.")
    shared: bool = _f("Whether everybody in the project sees it.")
    query: str = _f("The query string of the project page that shows it.")
    here: bool = _f("Whether it is the one shown.")
    may_change: bool = _f("Whether the reader may rename and delete it.")


@dataclass(frozen=True, kw_only=True)
class Found:
    """One asset that a search found."""

    hit: Shape = _f("The hit as in GET /api/search; its `html` fields are escaped but for `<mark>`.")
    picture: Picture = _f("Its poster.")
    links: tuple[str, ...] = _f("For each snippet the address that opens it there.")


@dataclass(frozen=True, kw_only=True)
class ProjectRow:
    """One project on the home page."""

    id: str = _f("The project's id.")
    name: str = _f("Its name.")
    description: str = _f("Its description, may be empty.")
    role: str | None = _f("The reader's own role there, or None for an administrator who is no member.")
    assets: int = _f("How many assets lie there.")
    active_at: str = _f("When something last happened there, ISO 8601.")
    people: tuple[str, ...] = _f("Names of its members, at most five.")
    people_count: int = _f("How many members it has.")
    pictures: tuple[Picture, ...] = _f("Posters of its newest assets, at most four.")
    notes: int = _f("How many notes are open that the reader may see.")
    reviews: int = _f("How many of its assets are in review.")
    overdue: int = _f("How many of those are overdue.")
    size: int = _f("Bytes of its masters.")


@dataclass(frozen=True, kw_only=True)
class BoardCard:
    """One asset on a project's board, by its current version."""

    id: str = _f("The asset's id.")
    title: str = _f("Its title.")
    kind: str | None = _f("video, image, audio, document or other.")
    column: str = _f("The column: none, in_review, changes_requested, approved.")
    version_id: str = _f("The current version's id.")
    version_number: int = _f("Its number.")
    due_at: str | None = _f("When decisions are due, ISO 8601, or None.")
    overdue: bool = _f("Whether somebody still owes a decision that was due.")
    owed_by: tuple[str, ...] = _f("Names of those whose decision is waited for.")
    said: tuple[str, ...] = _f("What was decided, each as `Ana: Approved`.")
    mine: bool = _f("Whether the reader owes a decision.")
    picture: Picture = _f("Its poster.")


@dataclass(frozen=True, kw_only=True)
class BoardColumn:
    """One column of a board."""

    name: str = _f("none, in_review, changes_requested or approved.")
    title: str = _f("Its heading.")
    count: int = _f("How many assets stand in it.")
    cards: tuple[BoardCard, ...] = _f("The first of them: in review by due date, the others newest first.")
    more_url: str | None = _f("Address of the next cards, or None.")


@dataclass(frozen=True, kw_only=True)
class WaitingRow:
    """A review that waits for the reader."""

    asset_id: str = _f("The asset's id.")
    title: str = _f("Its title.")
    number: int = _f("The version's number.")
    project_id: str = _f("The project's id.")
    project: str = _f("The project's name.")
    due_at: str | None = _f("When the decision is due, ISO 8601, or None.")
    overdue: bool = _f("Whether it was due already.")
    asked_by: str = _f("Who asked; empty where the account is gone.")
    asked_at: str = _f("When, ISO 8601.")
    step: str = _f("The name of the reader's step, may be empty.")
    picture: Picture = _f("The version's poster.")


@dataclass(frozen=True, kw_only=True)
class FolderNode:
    """A folder in the tree."""

    id: str = _f("The folder's id.")
    name: str = _f("Its name.")
    here: bool = _f("Whether this folder is the one shown.")
    children: tuple[FolderNode, ...] = _f("The folders in it, by name.")


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of technical metadata."""

    label: str = _f("What it is.")
    value: str = _f("Its value in words.")
    mono: bool = _f("Whether it reads better in a fixed pitch (hashes, timecodes).", default=False)


@dataclass(frozen=True, kw_only=True)
class Playback:
    """What a player must know before the first byte."""

    kind: str = _f("video, audio, image or document.")
    duration: float | None = _f("Seconds, known before the encode ends.")
    frame_rate: str | None = _f("The rate of every rung as a rational, `24000/1001`; None for sound.")
    start_timecode: str | None = _f("Timecode of the first frame, or None for zero.")
    drop_frame: bool = _f("Whether timecodes are drop-frame.")
    pages: int = _f("How many pages a document or a picture has; 1 for everything else.")


@dataclass(frozen=True, kw_only=True)
class LookAlike:
    """A version that is the same as another, or looks like it."""

    asset_id: str = _f("Its asset's id.")
    number: int = _f("The version's number.")
    title: str = _f("Its asset's title.")
    same: bool = _f("Whether it has the very same bytes.")
    percent: int = _f("How alike they look, 0 to 100.")
    offset: float = _f("How many seconds later than this film the other begins; 0 for pictures.")
    picture: Picture = _f("Its poster.")
    compare_url: str = _f("The page with both side by side.")


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of two versions beside each other."""

    asset: Shape = _f("The asset.")
    version: Shape = _f("The version.")
    project: Shape = _f("Its project.")
    picture: Picture = _f("Its poster.")
    playback: Playback | None = _f("For the player; None where there is nothing to play or show.")
    may_comment: bool = _f("Whether the reader may write notes on it.")


@dataclass(frozen=True, kw_only=True)
class PluginRow:
    """One plugin on its admin page."""

    name: str = _f("Its name: folder, entry point and configuration section.")
    state: str = _f("enabled, disabled, stopped by load error / config error / self-check.")
    reason: str = _f("Why it is in that state; empty when enabled.")
    builtin: bool = _f("Whether it is part of the core.")
    version: str = _f("The version of the distribution that it comes in; empty where it does not say.")
    hooks: tuple[str, ...] = _f("The hooks that it answers.")
    off_by: str = _f("box or admin where it is switched off, else empty.")
    needed: bool = _f("Whether the box cannot do without it.")
    findings: tuple[Shape, ...] = _f("What its self-check says: check, severity, message, fix.")
    failures: int = _f("How often a call into it failed since the start.")
    last_error: str = _f("The last such failure; empty for none.")
    settings: tuple[Shape, ...] = _f("Its settings as the API answers them; secrets have no value.")
    restart_needed: bool = _f("Whether settings were changed that hold from the next start on.")
    pages: tuple[MenuRow, ...] = _f("Settings pages of its own.", default=())


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """One check of the health page."""

    name: str = _f("database, queue, storage, disk, workers or plugins.")
    status: str = _f("ok, degraded or down.")
    detail: str = _f("What was found, in a sentence.")
    fix: str = _f("What to do about it; empty where all is well.")
    facts: tuple[Fact, ...] = _f("Figures: free space, time to answer.")


# --- pages ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class MenuRow:
    """A link to a page of a plugin."""

    label: str = _f("What the plugin calls it; plain text.")
    address: str = _f("The page's path.")
    icon: str = _f("The name of a drawing.")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What every page has."""

    title: str = _f("The page's title, for the window.")
    page: str = _f("The page's name: which script starts, which link is current.")
    path: str = _f("The path of this page, to come back to.")
    user: Person | None = _f("Whoever is logged in, or None.")
    csrf_token: str = _f("Goes into every form as `csrf_token`; empty when nobody is logged in.")
    appearance: str = _f("dark, light or system.")
    version: str = _f("The version of MAM.")
    root: str = _f("On a share link's pages its path, below which they call; else empty.", default="")
    language: str = _f("The tag of the page's language: en, de.", default="en")
    languages: tuple[LanguageRow, ...] = _f("The languages there are, by their tags.", default=())
    fallen: tuple[str, ...] = _f("For administrators: plugins that the box switched off.", default=())
    menu: tuple[MenuRow, ...] = _f("Pages of plugins that this person may open.", default=())


@dataclass(frozen=True, kw_only=True)
class PluginPageView(Page):
    """`plugin.html`: a page of a plugin in the theme's frame."""

    plugin: str = _f("The plugin's name.")
    heading: str = _f("What the plugin calls the page; plain text.")
    content: Markup = _f("What the plugin's own template made, escaped there.")
    styles: tuple[str, ...] = _f("Addresses of the plugin's style sheets.")
    scripts: tuple[str, ...] = _f("Addresses of the plugin's scripts, which are modules.")


@dataclass(frozen=True, kw_only=True)
class SetupView(Page):
    """`setup.html`: the first administrator's account, from the one-time link."""

    token: str = _f("The link's secret.")
    values: dict[str, str] = _f("What was typed so far: email, display_name.")
    errors: dict[str, str] = _f("A sentence for each field that cannot be taken.")
    error: str = _f("What is wrong as a whole; empty for nothing.")
    min_password_length: int = _f("Fewest characters of a password.")


@dataclass(frozen=True, kw_only=True)
class LoginView(Page):
    """`login.html`."""

    next: str = _f("The path of this box to go to after logging in.")
    email: str = _f("The email typed so far.")
    error: str = _f("Why the last attempt failed; empty for none.")
    registration: str = _f("open, pending or closed: whether people may make accounts themselves.")
    setup_needed: bool = _f("Whether nobody administers the box yet.")
    takes_names: bool = _f("Whether a directory may know people by a name that is no email.")
    ways: dict[str, str] = _f("Logins elsewhere: their buttons' words by name.", default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoggedOutView(Page):
    """`logged_out.html`: after logging out, where the login elsewhere goes on."""

    label: str = _f("The name of the login elsewhere.")
    address: str = _f("Where to end it, too.")


@dataclass(frozen=True, kw_only=True)
class LoginCodeView(Page):
    """`login_code.html`: the second step of a login."""

    next: str = _f("The path of this box to go to after logging in.")
    ticket: str = _f("What stands for the password given before; goes into the form.")
    error: str = _f("Why the last attempt failed; empty for none.")


@dataclass(frozen=True, kw_only=True)
class KeysView(Page):
    """`account/keys.html`."""

    keys: tuple[Shape, ...] = _f("The reader's API keys, newest first.")
    names: dict[str, str] = _f("Names of the projects in reach, by id.")
    scopes: tuple[str, ...] = _f("The rights that a key may be given.")
    lives: tuple[int, ...] = _f("Days of life to choose from.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class SessionsView(Page):
    """`account/sessions.html`."""

    sessions: tuple[Shape, ...] = _f("The reader's logins, newest first.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class SecurityView(Page):
    """`account/security.html`."""

    factor: Shape = _f("The second factor: enabled, since, recovery_codes_left, required.")
    passkeys: tuple[Shape, ...] = _f("The reader's passkeys: id, name, created_at, last_used_at.")
    min_password_length: int = _f("Fewest characters of a password.")


@dataclass(frozen=True, kw_only=True)
class InviteView(Page):
    """`invite.html`: what an invitation's link opens."""

    gone: bool = _f("Whether the link does not hold any more; nothing else is there then.")
    token: str = _f("The link's secret.")
    email: str = _f("The address that it is for; empty for anybody's.")
    invited_by: str = _f("The name of whoever made it.")
    values: dict[str, str] = _f("What was typed so far: email, display_name.")
    errors: dict[str, str] = _f("A sentence for each field that cannot be taken.")
    error: str = _f("What is wrong as a whole; empty for nothing.")
    min_password_length: int = _f("Fewest characters of a password.")


@dataclass(frozen=True, kw_only=True)
class InvitationsView(Page):
    """`admin/invitations.html`."""

    invitations: tuple[Shape, ...] = _f("Invitations, newest first.")
    names: dict[str, str] = _f("Names of projects, by id.")
    role_names: dict[str, str] = _f("Names of the roles that administrators made, by key.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class RolesView(Page):
    """`admin/roles.html`."""

    roles: tuple[Shape, ...] = _f("Roles as GET /api/roles answers them, each with `held`: how often.")
    groups: tuple[tuple[str, tuple[tuple[str, str, bool], ...]], ...] = _f(
        "Each group of actions: its title, and the action, a sentence, whether every role holds it."
    )


@dataclass(frozen=True, kw_only=True)
class RegisterView(Page):
    """`register.html`."""

    values: dict[str, str] = _f("What was typed so far: email, display_name.")
    errors: dict[str, str] = _f("A sentence for each field that cannot be taken.")
    error: str = _f("What is wrong as a whole; empty for nothing.")
    registration: str = _f("open or pending.")
    done: bool = _f("Whether the account is made and waits for an administrator.")
    min_password_length: int = _f("Fewest characters of a password.")


@dataclass(frozen=True, kw_only=True)
class ProjectsView(Page):
    """`projects.html`: home."""

    projects: tuple[ProjectRow, ...] = _f("The projects the reader sees, latest activity first.")
    may_create: bool = _f("Whether the reader may make projects.")
    next_url: str | None = _f("Address of the next page of projects, or None.")
    q: str = _f("What was searched for in their names; empty for all.")
    waiting: tuple[WaitingRow, ...] = _f("Reviews that wait for the reader, the first due first, at most 20.")
    more_waiting: bool = _f("Whether more wait than are shown.")


@dataclass(frozen=True, kw_only=True)
class NewProjectView(Page):
    """`new_project.html`: the form behind the button, for browsers without scripts."""

    name: str = _f("The name typed so far.")
    error: str = _f("Why it cannot be taken; empty for nothing.")


@dataclass(frozen=True, kw_only=True)
class CardsView(Page):
    """`cards.html`: cards and the way to more of them; also a piece of the project page."""

    cards: tuple[Card, ...] = _f("The assets, in the order asked for.")
    columns: tuple[Shape, ...] = _f("The project's own fields that a list shows, at most five.")
    more_url: str | None = _f("Address of the next cards, or None.")
    may_write: bool = _f("Whether the reader may rename and trash assets here.")


@dataclass(frozen=True, kw_only=True)
class ProjectView(CardsView):
    """`project.html`: folders, filters, grid."""

    project: Shape = _f("The project, with its members.")
    folder: Shape | None = _f("The folder shown, or None for the whole project.")
    tree: tuple[FolderNode, ...] = _f("The folders at the project's top.")
    filters: dict[str, str] = _f(
        "Filters: q, kind, status, review, tag, person, since, to, fkey, fvalue, sort; empty for none."
    )
    tags: tuple[str, ...] = _f("Tags of the project, by name, at most 200.")
    fields: tuple[Shape, ...] = _f("The project's own fields.")
    saved: tuple[SavedFilter, ...] = _f("Saved collections: shared ones and the reader's own.")
    view: str = _f("grid or list.")
    blank: Card = _f("A card without an asset, for files whose upload is only beginning.")
    may_upload: bool = _f("Whether the reader may upload here.")
    may_download: bool = _f("Whether the reader may download masters here.")
    may_manage: bool = _f("Whether the reader may rename and delete the project.")


@dataclass(frozen=True, kw_only=True)
class BoardView(Page):
    """`board.html`: who owes what in a project."""

    project: Shape = _f("The project, with its members.")
    columns: tuple[BoardColumn, ...] = _f("Not asked, in review, changes requested, approved.")
    waiting: bool = _f("Whether only what waits for the reader is shown.")
    waiting_count: int = _f("How many assets wait for the reader.")
    overdue_count: int = _f("How many assets are overdue.")


@dataclass(frozen=True, kw_only=True)
class BoardCardsView(Page):
    """`board_cards.html`: cards of a board's column and the way to more of them; also one card."""

    cards: tuple[BoardCard, ...] = _f("The cards.")
    more_url: str | None = _f("Address of the next ones, or None.")


@dataclass(frozen=True, kw_only=True)
class FieldsView(Page):
    """`project_fields.html`: a project's own fields and its tags."""

    project: Shape = _f("The project.")
    fields: tuple[Shape, ...] = _f("Its own fields, in their order.")
    deleted: tuple[Shape, ...] = _f("Fields that were deleted; their values are still there.")
    tags: tuple[Shape, ...] = _f("Tags with how many assets have them, by name, at most 200.")
    may_manage: bool = _f("Whether the reader may change the fields.")
    may_write: bool = _f("Whether the reader may rename tags.")


@dataclass(frozen=True, kw_only=True)
class TrashView(Page):
    """`trash.html`: what was thrown away in a project."""

    project: Shape = _f("The project.")
    rows: tuple[Shape, ...] = _f("Assets as in GET /api/projects/{id}/trash, the last first.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class SearchView(Page):
    """`search.html`: what was found across projects."""

    q: str = _f("What was looked for; empty before anything was.")
    found: tuple[Found, ...] = _f("The hits, the best first.")
    more_url: str | None = _f("Address of the next hits, or None.")


@dataclass(frozen=True, kw_only=True)
class PeopleView(Page):
    """`project_people.html`: who belongs to a project."""

    project: Shape = _f("The project, with its members.")
    roles: tuple[str, ...] = _f("The roles there are, the mightiest first.")
    role_names: dict[str, str] = _f("Names of the roles that administrators made, by key.")
    email: str = _f("The email typed so far for somebody new.")
    error: str = _f("Why the last change was refused; empty for nothing.")


@dataclass(frozen=True, kw_only=True)
class ManifestsView(Page):
    """`project_manifests.html`: media hash lists of a project."""

    project: Shape = _f("The project.")
    manifests: tuple[Shape, ...] = _f("Its generations and received lists, newest first, at most 200.")
    may_write: bool = _f("Whether the reader may make a new generation.")
    error: str = _f("Why the last one was not made; empty for nothing.")


@dataclass(frozen=True, kw_only=True)
class AssetView(Page):
    """`asset.html`: the picture and what is known of it."""

    asset: Shape = _f("The asset with its versions, newest first.")
    current: Shape | None = _f("The version shown, or None before the first file.")
    project: Shape = _f("Its project.")
    folders: tuple[Shape, ...] = _f("The folders it lies in, from the top.")
    picture: Picture = _f("The poster of the version shown.")
    playback: Playback | None = _f("For the player; None where there is nothing to play or show.")
    fields: tuple[Shape, ...] = _f("The project's own fields; its values are `asset.metadata` by their keys.")
    facts: tuple[Fact, ...] = _f("Technical metadata of the version shown.")
    integrity: tuple[Fact, ...] = _f("Hashes and lock of its master.")
    stack: tuple[Shape, ...] = _f("Its stack as GET /api/assets/{id}/versions has it, those taken out too.")
    may_write: bool = _f("Whether the reader may rename and trash it.")
    may_upload: bool = _f("Whether the reader may add versions.")
    may_download: bool = _f("Whether the reader may download the master.")
    may_render: bool = _f("Whether the reader may ask for the preview again.")
    may_comment: bool = _f("Whether the reader may write notes.")
    may_manage_notes: bool = _f("Whether the reader sees internal notes, and resolves everybody's.")
    panels: tuple[Shape, ...] = _f("Sections of plugins: title, facts, text, link, link_label.", default=())


@dataclass(frozen=True, kw_only=True)
class ShareAssetView(AssetView):
    """`share_asset.html`: the same for a guest of a share link; what is not shared is empty."""

    share: Shape = _f("The share: title, studio, guest, guest_id, may_comment, may_decide, download, ends...")
    brand: dict[str, str] = _f("Addresses of the link's `logo` and `style` sheet, empty where it has none.")
    several: bool = _f("Whether the share shows more than this one.")
    said: Shape | None = _f("What this guest decided: decision, note, decided_at; None where none is asked.")


@dataclass(frozen=True, kw_only=True)
class ShareDoorView(Page):
    """`share_door.html`: a guest says who they are."""

    studio: str = _f("The studio's name on this link, may be empty.")
    heading: str = _f("The link's title, may be empty.")
    brand: dict[str, str] = _f("Addresses of the link's `logo` and `style` sheet, empty where it has none.")
    name: str = _f("The name typed so far.")
    password_needed: bool = _f("Whether the link has a password.")
    error: str = _f("Why the last attempt failed; empty for none.")


@dataclass(frozen=True, kw_only=True)
class ShareGoneView(Page):
    """`share_gone.html`: a link that does not hold, whatever the reason."""

    detail: str = _f("What to do, in a sentence.")


@dataclass(frozen=True, kw_only=True)
class OfflineView(Page):
    """`offline.html`: kept by browsers and shown while the box cannot be reached."""

    needed: tuple[str, ...] = _f("Addresses of the files that browsers keep beside it.")


@dataclass(frozen=True, kw_only=True)
class ShareGalleryView(Page):
    """`share_gallery.html`: what a share link shows."""

    share: Shape = _f("The share: title, studio, guest, guest_id, may_comment, may_decide, download, ends...")
    brand: dict[str, str] = _f("Addresses of the link's `logo` and `style` sheet, empty where it has none.")
    cards: tuple[Card, ...] = _f("What is shown now, newest first.")
    more_url: str | None = _f("Address of the next piece, or None.")


@dataclass(frozen=True, kw_only=True)
class SharesView(Page):
    """`project_shares.html`: the share links of a project."""

    project: Shape = _f("The project.")
    shares: tuple[Shape, ...] = _f("Its links, newest first.")
    more_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class NotesPrintView(Page):
    """`notes_print.html`: the notes on a version, for paper."""

    head: tuple[tuple[str, str], ...] = _f("Pairs of a label and a text, the title first.")
    notes: tuple[Shape, ...] = _f("By frame, each with its `place`, and `pictured` where it has a still.")
    back_url: str = _f("Address of the asset.")


@dataclass(frozen=True, kw_only=True)
class SimilarView(Page):
    """`similar.html`: a piece of the asset page, fetched when that is there."""

    rows: tuple[LookAlike, ...] = _f("What is the same or looks alike, the best first.")
    looked_at: bool = _f("Whether the version was looked at already; before that nothing can be known.")


@dataclass(frozen=True, kw_only=True)
class CompareView(Page):
    """`compare.html`: two versions side by side."""

    sides: tuple[Side, ...] = _f("Both of them.")
    percent: int | None = _f("How alike they look, 0 to 100, or None where they do not.")
    offset: float = _f("How many seconds later than the first film the second begins.")


@dataclass(frozen=True, kw_only=True)
class UsersView(Page):
    """`admin/users.html`."""

    users: tuple[Shape, ...] = _f("People in the order they came.")
    values: dict[str, str] = _f("What was typed so far for somebody new: email, display_name.")
    errors: dict[str, str] = _f("A sentence for each field that cannot be taken.")
    error: str = _f("What is wrong as a whole; empty for nothing.")
    added: str = _f("The name of whoever was just added; empty for nobody.")
    registration: str = _f("open, pending or closed: whether people may make accounts themselves.")
    min_password_length: int = _f("Fewest characters of a password.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class PersonView(Page):
    """`admin/person.html`: one person, what is kept about them, and their erasure."""

    person: Shape = _f("As GET /api/admin/users answers it.")
    removed: tuple[tuple[str, int], ...] = _f("What erasing takes, each with a word and how many there are.")
    kept: Shape | None = _f("What erasing would do, as the API tells it; None where they cannot be erased.")
    refusal: str = _f("Why they cannot be erased; empty where they can.")
    typed: str = _f("The address typed so far to confirm.")
    error: str = _f("Why the address typed does not do; empty for nothing.")


@dataclass(frozen=True, kw_only=True)
class PluginsView(Page):
    """`admin/plugins.html`."""

    plugins: tuple[PluginRow, ...] = _f("Every plugin that was found, in the order they are asked.")


@dataclass(frozen=True, kw_only=True)
class JobsView(Page):
    """`admin/jobs.html`."""

    jobs: tuple[Shape, ...] = _f("Jobs, newest first, as the API answers them.")
    state: str = _f("The state filtered by; empty for all.")
    states: tuple[tuple[str, str], ...] = _f("Each state there is (empty: all), and its list's address.")
    job_kind: str = _f("The kind filtered by; empty for all.")
    job_kinds: tuple[str, ...] = _f("The kinds of jobs that there are.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class WorkersView(Page):
    """`admin/workers.html`."""

    workers: tuple[Shape, ...] = _f("Machines that work for the box, as GET /api/admin/workers answers them.")
    tokens: tuple[Shape, ...] = _f("Tokens by which machines may still join, the newest first.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class AuditView(Page):
    """`admin/audit.html`."""

    entries: tuple[Shape, ...] = _f("Entries of the audit log, newest first.")
    filters: dict[str, str] = _f("What narrows the list: q, action, from, to, ids of who and what.")
    actions: tuple[str, ...] = _f("Every action there is, to choose from.")
    chain: Shape = _f("What the last check found (`holds` None before it), and where the chain ends.")
    error: str = _f("Which filter does not hold; empty for none.")
    export_url: str = _f("Address of the same list as CSV.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class HealthView(Page):
    """`admin/health.html`."""

    status: str = _f("ok, degraded or down.")
    checks: tuple[CheckRow, ...] = _f("Each thing looked at.")
    update: Shape = _f("What runs and how the last update went, as GET /api/admin/update answers it.")


@dataclass(frozen=True, kw_only=True)
class WebhooksView(Page):
    """`admin/webhooks.html`: where events are sent to."""

    webhooks: tuple[Shape, ...] = _f("Webhooks, newest first, as the API answers them.")
    projects: dict[str, str] = _f("Names of projects to choose from, by id.")
    families: tuple[tuple[str, tuple[str, ...]], ...] = _f("Each family of events with its types.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class WebhookView(Page):
    """`admin/webhook.html`: one webhook and its deliveries."""

    webhook: Shape = _f("As GET /api/webhooks/{id} answers.")
    projects: dict[str, str] = _f("Names of projects to choose from, by id.")
    families: tuple[tuple[str, tuple[str, ...]], ...] = _f("Each family of events with its types.")
    deliveries: tuple[Shape, ...] = _f("Deliveries, newest first, as the API answers them.")
    state: str = _f("The state filtered by; empty for all.")
    states: tuple[tuple[str, str, str], ...] = _f("Each list there is: state, word, address.")
    next_url: str | None = _f("Address of the next page, or None.")


@dataclass(frozen=True, kw_only=True)
class WatchView(Page):
    """`admin/watch.html`: watch folders."""

    folders: tuple[Shape, ...] = _f("Each folder with its counts and the files that could not be taken in.")


@dataclass(frozen=True, kw_only=True)
class StorageView(Page):
    """`admin/storage.html`: the stores, what their locks are worth, copies, and the scrub."""

    storage: Shape = _f("As GET /api/admin/storage answers: amounts, `stores`, `fixity`, `disk`.")
    rates: dict[str, str] = _f("Bytes a second and sizes in words: rate, budget, read, masters, free.")


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart of `admin/report.html`: bars by day in a drawing of 640 by 160."""

    title: str = _f("What is shown.")
    most: str = _f("The highest value in words; empty where there is none at all.")
    last: str = _f("The last value that is known, in words.")
    bars: tuple[tuple[str, str, float, float, float, float], ...] = _f(
        "Each day, its value in words, and the bar's left, top, width and height."
    )


@dataclass(frozen=True, kw_only=True)
class ReportView(Page):
    """`admin/report.html`: what the box held and did in the last days."""

    days: int = _f("How many days are shown.")
    ranges: tuple[tuple[int, str], ...] = _f("The ranges to choose from: days and their word.")
    export_url: str = _f("Where the same is as CSV.")
    facts: tuple[Fact, ...] = _f("The queue now.")
    charts: tuple[Chart, ...] = _f("Storage, activity, encode times, cache, each by day.")
    projects: tuple[Shape, ...] = _f("`storage` as GET /api/admin/report answers, the largest first.")
    assets: tuple[Shape, ...] = _f("`assets` of the same: what was looked at and downloaded most.")
    people: tuple[Shape, ...] = _f("`people` of the same: who did most.")


@dataclass(frozen=True, kw_only=True)
class ErrorView(Page):
    """`error.html`: something could not be shown."""

    status: int = _f("The HTTP status.")
    heading: str = _f("What happened, in a few words.")
    detail: str = _f("What happened, what is safe, what to do.")
    code: str = _f("The stable code of the problem.")
    request_id: str = _f("Finds the log line.")


PARTS = (
    Person,
    LanguageRow,
    MenuRow,
    Picture,
    Card,
    ProjectRow,
    BoardCard,
    BoardColumn,
    WaitingRow,
    FolderNode,
    SavedFilter,
    Found,
    Fact,
    Playback,
    LookAlike,
    Side,
    PluginRow,
    CheckRow,
    Chart,
)
"""What pages hold."""

PAGES: dict[str, type[Page]] = {
    "plugin.html": PluginPageView,
    "setup.html": SetupView,
    "login.html": LoginView,
    "login_code.html": LoginCodeView,
    "logged_out.html": LoggedOutView,
    "account/keys.html": KeysView,
    "account/sessions.html": SessionsView,
    "account/security.html": SecurityView,
    "invite.html": InviteView,
    "admin/invitations.html": InvitationsView,
    "admin/roles.html": RolesView,
    "register.html": RegisterView,
    "projects.html": ProjectsView,
    "new_project.html": NewProjectView,
    "project.html": ProjectView,
    "cards.html": CardsView,
    "board.html": BoardView,
    "board_cards.html": BoardCardsView,
    "project_people.html": PeopleView,
    "project_fields.html": FieldsView,
    "trash.html": TrashView,
    "search.html": SearchView,
    "project_manifests.html": ManifestsView,
    "asset.html": AssetView,
    "project_shares.html": SharesView,
    "share_door.html": ShareDoorView,
    "share_gone.html": ShareGoneView,
    "share_gallery.html": ShareGalleryView,
    "share_asset.html": ShareAssetView,
    "notes_print.html": NotesPrintView,
    "similar.html": SimilarView,
    "compare.html": CompareView,
    "admin/users.html": UsersView,
    "admin/person.html": PersonView,
    "admin/plugins.html": PluginsView,
    "admin/audit.html": AuditView,
    "admin/jobs.html": JobsView,
    "admin/workers.html": WorkersView,
    "admin/health.html": HealthView,
    "admin/webhooks.html": WebhooksView,
    "admin/webhook.html": WebhookView,
    "admin/watch.html": WatchView,
    "admin/storage.html": StorageView,
    "admin/report.html": ReportView,
    "offline.html": OfflineView,
    "error.html": ErrorView,
}
"""Which template is given which view."""
