"""Uploads from outside: in parts and in one piece, in any order, wrong in every way, with any name."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from stranger import TIME, UUID7, Caller, Stage, raw

VERSION = {
    "id", "asset_id", "number", "filename", "size", "content_type", "sha256", "xxh128", "c4", "master",
    "media", "blurhash", "phash", "preview", "review", "created_at",
}  # fmt: skip
HOSTILE_NAMES = [
    "../../../../etc/cron.d/x.mp4", "..\\..\\windows\\x.mp4", "/etc/x_abs.mp4", "%2e%2e%2fx.mp4",
    "..%c0%af..%c0%afx.mp4", "....//....//x.mp4", "x\x00.mp4", "x\nSet-Cookie: a=1\r\n.mp4",
    'x"; filename="evil.html', "\u202e4pm.x.exe", "مقطع x.mp4", "日本語_x.mov", "🎬 👩\u200d👧.mp4",
    "e\u0301te\u0301.mp4", "x\uff0e\uff4d\uff50\uff14", "a" * 300 + ".mp4", "é" * 205 + ".mp4",
    "a." * 5000 + "mp4", ".mp4", "", ".", "..", " ", "-i x -f null.mp4", "concat:a.mp4|b.mp4",
    "http:127.0.0.1:9_x.mp4", "frame_%03d.png",
    "x_*[0-9]?.jpg", "$(touch x).mp4", "`id`;x&&y|z.mp4", "x' OR 1=1--.mp4", "<img src=x onerror=a()>.mp4",
    "{{7*7}}{% print(config) %}.mp4", "%s%n%x%d.mp4", "=cmd|calc!A1.csv", "CON.mp4", "x.mp4.", "x.mp4 ",
    "x.mp4::$DATA", "x.php.jpg", "\ufeffx.mp4", "x\u200b.mp4", "x\x1b[31mred\x1b[0m.mp4", "x\ud83d.mp4",
]  # fmt: skip
"""Names that have broken upload forms, players, shells and headers elsewhere."""


def promote(caller: Caller, upload: dict[str, Any], **more: Any) -> Any:
    return caller.post("/api/promote", json={"upload_id": upload["upload_id"], **more})


def test_parts_in_any_order_and_again(stage: Stage) -> None:
    # Given three parts
    ana, data = stage.ana, os.urandom((32 << 20) + 5)
    upload = ana.presign(data, sha256=hashlib.sha256(data).hexdigest())
    assert upload.keys() >= {"upload_id", "part_size", "parts", "expires_at"}
    assert UUID7.fullmatch(upload["upload_id"])
    assert TIME.fullmatch(upload["expires_at"])
    size, parts = upload["part_size"], upload["parts"]
    assert [(one["number"], one["method"]) for one in parts] == [(1, "PUT"), (2, "PUT"), (3, "PUT")]
    assert promote(ana, upload).json()["code"] == "upload_incomplete"
    # When they are sent backwards by somebody without a login, one of them first with other bytes
    etags = {}
    for part in [parts[2], {**parts[1], "wrong": True}, parts[1], parts[0]]:
        start = (part["number"] - 1) * size
        piece = data[start : start + size]
        sent = stage.nobody.put(part["url"], content=os.urandom(size) if "wrong" in part else piece)
        assert sent.status_code == 200
        etags[part["number"]] = sent.headers["etag"]
    received = ana.get(f"/api/uploads/{upload['upload_id']}").json()["received"]
    assert [one.keys() for one in received] == [{"number", "size", "etag"}] * 3
    assert {one["number"]: f'"{one["etag"]}"' for one in received} == etags
    # Then wrong etags are refused, and ten promotions at once make one version with these bytes
    named = [{"number": number, "etag": etag} for number, etag in sorted(etags.items())]
    wrong = promote(ana, upload, parts=[{**one, "etag": "zz"} for one in named])
    assert (wrong.status_code, wrong.json()["code"]) == (422, "upload_incomplete")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: promote(ana, upload, parts=named), range(10)))
    assert {one.status_code for one in answers} == {202}
    assert len({one.json()["version_id"] for one in answers}) == 1
    assert answers[0].json().keys() == {"asset_id", "version_id", "status"}
    (version,) = ana.get(f"/api/assets/{answers[0].json()['asset_id']}").json()["versions"]
    assert version["sha256"] == hashlib.sha256(data).hexdigest()
    assert version["master"]["locked"] is True
    # And what was promoted takes no more bytes
    assert stage.nobody.put(parts[0]["url"], content=data[:size]).status_code == 410
    assert ana.delete(f"/api/uploads/{upload['upload_id']}").status_code == 409


def test_parts_that_do_not_fit(stage: Stage) -> None:
    """Promise A4, from outside; a connection on which something was refused still works."""
    ana, data = stage.ana, os.urandom(16 << 20)
    upload = ana.presign(data)
    url = upload["parts"][0]["url"]

    def pieces() -> Iterator[bytes]:
        yield data[:10]

    for body, status, code in (
        (data + b"x", 413, "too_large"),
        (data[:-1], 422, "upload_incomplete"),
        (b"", 422, "upload_incomplete"),
        (pieces(), 411, "length_required"),
    ) * 2:
        answer = stage.nobody.put(url, content=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    head = f"PUT {url.removeprefix(stage.box.url)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    for fields in ("", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"):
        assert raw(stage.box.url, f"{head}{fields}\r\n".encode() + b"5\r\nabcde\r\n0\r\n\r\n")[0] in (
            400,
            411,
        )
    for changed in (
        url[:-1] + ("A" if url[-1] != "A" else "B"),
        url[:-4],
        url + "x",
        stage.box.url + "/upload-parts/x",
    ):
        assert stage.nobody.put(changed, content=data).status_code == 403
    assert ana.get(f"/api/uploads/{upload['upload_id']}").json()["received"] == []
    # And an upload that was given up is gone
    assert [ana.delete(f"/api/uploads/{upload['upload_id']}").status_code for _ in range(2)] == [204, 204]
    assert stage.nobody.put(url, content=data).status_code == 410
    assert promote(ana, upload).status_code == 410


def test_what_is_announced_has_to_arrive(stage: Stage) -> None:
    ana = stage.ana
    upload = ana.presign(b"abc", sha256="0" * 64)
    stage.nobody.put(upload["parts"][0]["url"], content=b"abc")
    answer = promote(ana, upload)
    assert (answer.status_code, answer.json()["code"]) == (422, "checksum_mismatch")
    kept = ana.get(f"/api/uploads/{upload['upload_id']}").json()
    assert (kept["version_id"], len(kept["received"])) == (None, 1)
    body = {"asset_id": ana.asset(), "filename": "x"}
    empty = ana.post("/api/presign", json={**body, "size": 0})
    assert (empty.status_code, empty.json()["code"]) == (422, "empty_file")
    for size in (-1, 1.5, "1", True, None, 2**63, 10**30, 2**62, 5 << 40):
        assert ana.post("/api/presign", json={**body, "size": size}).status_code in (413, 422), size


def test_fresh_addresses(stage: Stage) -> None:
    ana = stage.ana
    upload = ana.presign(b"abc")
    path = f"/api/uploads/{upload['upload_id']}/parts"
    fresh = ana.post(path, json={"numbers": [1]}).json()["parts"]
    assert stage.nobody.put(fresh[0]["url"], content=b"abc").status_code == 200
    for numbers in ([], [0], [2], [-1], ["1"], [1.5], None, [1] * 2000):
        assert ana.post(path, json={"numbers": numbers}).status_code == 422, numbers


def test_a_file_in_one_piece(stage: Stage) -> None:
    ana, asset = stage.ana, stage.ana.asset()
    path = f"/api/assets/{asset}/upload"
    plain = ana.post(path, params={"filename": "a.txt"}, content=b"abc")
    form = ana.post(path, files={"file": ("b.txt", b"abcd", "text/plain")}, data={"note": "x"})
    for answer, number, size in ((plain, 1, 3), (form, 2, 4)):
        assert (answer.status_code, answer.json().keys()) == (201, VERSION)
        assert (answer.json()["number"], answer.json()["size"]) == (number, size)
    versions = ana.get(f"/api/assets/{asset}").json()["versions"]
    assert [one["number"] for one in versions] == [2, 1]
    form_type = {"Content-Type": "multipart/form-data; boundary=b"}
    head = b"--b\r\nContent-Disposition: form-data; name="
    for body in (
        b"", b"x", b"--b--\r\n", head + b'"other"\r\n\r\nx\r\n--b--\r\n',
        head + b'"file"\r\n\r\nx\r\n--b--\r\n',
        head + b'"file"; filename="a"\r\n\r\n\r\n--b--\r\n', head + b'"file"; filename="a"\r\n\r\nabc\r\n',
        (head + b'"f"\r\n\r\nx\r\n') * 10_000 + b"--b--\r\n", head + b'"big"\r\n\r\n' + b"x" * (8 << 20),
    ):  # fmt: skip
        assert ana.post(path, content=body, headers=form_type).status_code == 422, body[:80]
    assert ana.post(path, content=b"").json()["code"] == "empty_file"
    assert ana.post(path, content=b"x", headers={"Content-Type": "multipart/form-data"}).status_code == 422
    assert len(ana.get(f"/api/assets/{asset}").json()["versions"]) == 2


@pytest.mark.parametrize("way", ["parts", "one piece", "form"])
def test_names_are_data(stage: Stage, way: str) -> None:
    """Promise A13: any name ends in a stored file or a 4xx; it is no path and splits no header (H3)."""
    ana, project = stage.ana, stage.ana.project("Names")
    before = {one.name for one in stage.box.data.parent.iterdir()}
    for name in HOSTILE_NAMES:
        version = sent(ana, ana.asset(project), name, way)
        if version is None:
            continue
        assert len(version["filename"]) <= 255
        assert not set(version["filename"]) & set("/\\\x00\r\n\u202e\x1b"), name
        address = ana.get(f"/api/versions/{version['id']}/download").headers["location"]
        got = stage.nobody.get(address)
        assert got.content == b"abc"
        assert got.headers.get_list("content-disposition")[0].startswith('attachment; filename="')
        assert "set-cookie" not in got.headers
    assert {one.name for one in stage.box.data.parent.iterdir()} == before


def sent(ana: Caller, asset: str, name: str, way: str) -> dict[str, Any] | None:
    """The version of three bytes under that name; None where it was refused."""
    octets = name.encode("utf-8", "surrogatepass")
    if way == "parts":
        body = json.dumps({"asset_id": asset, "filename": name, "size": 3})
        answer = ana.post("/api/presign", content=body, headers={"Content-Type": "application/json"})
        if answer.status_code == 201:
            ana.put(answer.json()["parts"][0]["url"], content=b"abc")
            promoted = promote(ana, answer.json())
            assert promoted.status_code == 202
            return dict(ana.get(f"/api/assets/{asset}").json()["versions"][0])
    elif way == "form":
        quoted = octets.replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + quoted + b'"\r\n\r\n'
        form_type = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = ana.post(
            f"/api/assets/{asset}/upload", content=head + b"abc\r\n--b--\r\n", headers=form_type
        )
    else:
        answer = ana.post(f"/api/assets/{asset}/upload?filename={quote(octets, safe='')}", content=b"abc")
    assert answer.status_code in (201, 400, 422), (name, answer.text)
    return dict(answer.json()) if answer.status_code == 201 else None
