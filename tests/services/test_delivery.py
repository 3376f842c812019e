"""Signed addresses: who gets one, what is in it, and that it can be taken back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from mam import revocations, signing
from mam.core import Mam
from mam.errors import ForbiddenError, NotFoundError, ValidationError
from mam.ids import new_id
from mam.models import Asset, AuditEntry, Member, Project, Rendition, User, Version
from mam.services import delivery
from mam.types import SYSTEM, Accel, Actor, DeliveryFile, Redirect, Stream


@pytest.fixture
def library(sqlite_box: Mam) -> SimpleNamespace:
    """A project with one asset, one version and a person of each role, and one from outside."""
    return make_library(sqlite_box)


def make_library(mam: Mam) -> SimpleNamespace:
    project = Project.create(name="P")
    asset = Asset.create(project=project, title="A", kind="video", status="ready")
    version = Version.create(
        asset=asset, number=1, filename="clip.mov", size=10, content_type="video/quicktime", sha256="0" * 64,
        xxh128="0" * 32, master_key=new_id(), master_version="v7", preview_status="ready",
        preview_playable=True, preview_generation=new_id(),
    )  # fmt: skip
    people = {role: actor(project, role) for role in ("owner", "editor", "reviewer", "viewer", None)}
    return SimpleNamespace(mam=mam, project=project, asset=asset, version=version, people=people)


def actor(project: Project, role: str | None) -> Actor:
    user = User.create(email=f"{role}-{new_id()}@example.org", display_name=str(role), status="active")
    if role is not None:
        Member.create(project=project, user=user, role=role)
    return Actor(user.id, user.email, roles=("member",), session_id=new_id(), address="192.0.2.7")


def grant_in(url: str, version: Version, mam: Mam, *, ip: str = "") -> signing.Grant:
    token = url.partition("/s/")[2].partition("/")[0]
    return signing.check_grant(mam.keys, token, version_id=version.id, now=time.time(), ip=ip)


def test_a_preview_is_signed_in_the_contracts_shape(box: Mam) -> None:
    # Given a ready version with a poster, on both databases
    library = make_library(box)
    version, person = library.version, library.people["viewer"]
    generation = version.preview_generation
    Rendition.create(version=version, generation=generation, name="poster", kind="poster", status="ready")
    # When a viewer asks
    before = int(time.time())
    signed = delivery.sign_preview(
        box, person, version.id, 600, ip="192.0.2.7", base_url="https://mam.example"
    )
    # Then every key is there and the addresses carry one grant for this version
    assert set(signed) == {
        "url", "dash_url", "poster_url", "sprite_url", "waveform_url", "captions", "expires_at",
    }  # fmt: skip
    prefix, _, rest = signed["url"].partition("/s/")
    grant = rest.split("/")[0]
    assert prefix == "https://mam.example"
    assert signed["url"].endswith(f"/s/{grant}/{version.id}/master.m3u8")
    assert signed["poster_url"].endswith(f"/s/{grant}/{version.id}/{generation}/poster.jpg")
    assert (signed["sprite_url"], signed["captions"]) == (None, [])
    held = grant_in(signed["url"], version, box, ip="192.0.2.7")
    assert before + 600 <= held.expires <= before + 602
    assert datetime.fromtimestamp(held.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") == signed["expires_at"]
    assert set(held.tags) == {
        f"asset:{library.asset.id}",
        f"project:{library.project.id}",
        f"user:{person.user_id}",
        f"session:{person.session_id}",
        f"member:{library.project.id}_{person.user_id}",
    }
    # And they are short enough for the edge
    assert len(signed["poster_url"].removeprefix("https://mam.example")) < 900


def test_who_may_not_see_gets_nothing(library: SimpleNamespace) -> None:
    """Promise G2: a stranger learns nothing, an unknown id says the same."""
    for person, version_id in (
        (library.people[None], library.version.id),
        (library.people["owner"], new_id()),
        (library.people["owner"], "../x"),
    ):
        for call in (delivery.sign_preview, delivery.download):
            with pytest.raises(NotFoundError):
                call(library.mam, person, version_id)


@pytest.mark.parametrize(("field", "given"), [("expires_in", 59), ("expires_in", 3601), ("ip", "nowhere")])
def test_a_bad_life_or_address_names_its_field(library: SimpleNamespace, field: str, given: object) -> None:
    """Promise E1: 60 to 3600 seconds."""
    with pytest.raises(ValidationError) as caught:
        delivery.sign_preview(library.mam, library.people["owner"], library.version.id, **{field: given})
    assert [error.field for error in caught.value.errors] == [field]


@pytest.mark.parametrize(
    ("status", "playable", "has_url"),
    [("queued", False, True), ("processing", True, True), ("ready", True, True), ("ready", False, False),
     ("failed", False, False), ("failed", True, True), ("unsupported", False, False)],
)  # fmt: skip
def test_there_is_an_address_where_there_is_or_will_be_a_playlist(
    library: SimpleNamespace, status: str, playable: bool, has_url: bool
) -> None:
    version = library.version
    version.preview_status, version.preview_playable, version.preview_generation = status, playable, None
    version.save()
    signed = delivery.sign_preview(library.mam, library.people["viewer"], version.id)
    assert (signed["url"] is not None) == has_url
    assert signed["poster_url"] is None


def test_the_box_itself_signs_without_a_user(library: SimpleNamespace) -> None:
    signed = delivery.sign_preview(library.mam, SYSTEM, library.version.id)
    assert grant_in(signed["url"], library.version, library.mam).tags[0] == f"asset:{library.asset.id}"


def test_a_master_is_signed_for_who_may_download(library: SimpleNamespace) -> None:
    # Given a file store: this server streams
    found = delivery.download(
        library.mam, library.people["editor"], library.version.id, "https://mam.example"
    )
    # Then the address carries a token for this master, its version and its name, for 300 s
    assert isinstance(found.delivery, Stream)
    token = found.url.removeprefix("https://mam.example/d/")
    held = signing.check_download(library.mam.keys, token, now=time.time())
    version = library.version
    assert (held.key, held.version) == (version.master_key, "v7")
    assert (held.filename, held.content_type) == ("clip.mov", "video/quicktime")
    assert held.expires - held.issued_at // 1000 == 300
    # And the audit log says who took what
    entry = AuditEntry.select().order_by(AuditEntry.seq.desc()).first()
    assert (entry.action, entry.subject_id) == ("master.downloaded", version.id)
    assert entry.data["filename"] == "clip.mov"


def test_who_may_look_may_not_always_download(library: SimpleNamespace) -> None:
    for role in ("viewer", "reviewer"):
        with pytest.raises(ForbiddenError):
            delivery.download(library.mam, library.people[role], library.version.id)
    assert AuditEntry.select().count() == 0


def test_a_very_long_name_still_fits_an_address(library: SimpleNamespace) -> None:
    library.version.filename = "\N{CLAPPER BOARD}" * 1000 + ".mov"
    library.version.save()
    found = delivery.download(library.mam, library.people["owner"], library.version.id)
    assert len(found.url) < 4000
    held = signing.check_download(library.mam.keys, found.url.removeprefix("/d/"), now=time.time())
    assert held.filename.endswith(".mov")


@pytest.mark.parametrize("answer", [Redirect("https://store.example/x?sig"), Accel("/internal/x")])
def test_a_plugin_decides_how_a_master_leaves(
    library: SimpleNamespace, answer: Redirect | Accel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[DeliveryFile] = []
    first = library.mam.hooks.first

    def answering(hook: str, **arguments: object) -> object:
        if hook != "mam_deliver":
            return first(hook, **arguments)
        asked.append(arguments["file"])
        return answer

    monkeypatch.setattr(library.mam.hooks, "first", answering)
    found = delivery.download(library.mam, library.people["owner"], library.version.id)
    assert found.url == getattr(answer, "url", "")
    assert found.delivery == answer
    assert asked == [found.file]


def test_what_is_revoked_is_in_the_store_and_swept_when_it_cannot_matter(
    library: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise E12: marks live where every edge reads them, and no longer than any grant."""
    mam, person = library.mam, library.people["viewer"]
    member = delivery.member_tag(library.project.id, person.user_id)
    before = time.time()
    delivery.revoke(mam, f"user:{person.user_id}", member)
    after = time.time()
    marks = revocations.read(mam.storage)
    assert set(marks) == {f"user:{person.user_id}", member}
    assert before - 1 <= marks[member] / 1000 <= after + 1
    assert delivery.sweep_revocations(mam) == 0
    later = time.time() + 3701
    monkeypatch.setattr(delivery.time, "time", lambda: later)
    assert delivery.sweep_revocations(mam) == 2
    assert revocations.read(mam.storage) == {}


@pytest.mark.parametrize("tag", ["", "user", "user:", "user:a/b", "user:../x", "USER:a", "user:a:b", ":a"])
def test_a_tag_that_is_none_is_refused(library: SimpleNamespace, tag: str) -> None:
    with pytest.raises(ValidationError):
        delivery.revoke(library.mam, tag)


def test_two_revocations_of_one_tag_keep_the_later(library: SimpleNamespace) -> None:
    storage = library.mam.storage
    for at in (100, 300, 200):
        revocations.write(storage, "user:u", at)
    assert revocations.read(storage) == {"user:u": 300_000}


def test_the_store_that_signs_for_itself_is_asked_to(library: SimpleNamespace) -> None:
    """The builtin `mam_deliver`: a store with signed addresses sends the bytes itself."""
    from mam.builtin.deliver import mam_deliver

    class Signing:
        def read_address(self, area: str, key: str, **how: object) -> str:
            """An address that shows what was asked."""
            return f"{area}/{key}?{sorted(how.items())}"

    file = DeliveryFile("masters", "k", "v", "clip.mov", "video/mp4", 1)
    answer = mam_deliver(config=library.mam.config, storage=Signing(), actor=SYSTEM, file=file)
    asked = [("content_type", "video/mp4"), ("expires_in", 300), ("filename", "clip.mov"), ("version", "v")]
    assert answer == Redirect(f"masters/k?{asked}")
    plain = mam_deliver(config=library.mam.config, storage=library.mam.storage, actor=SYSTEM, file=file)
    assert plain == Stream(file)
