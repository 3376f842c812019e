"""compose.yaml: only what is meant is published, nobody's password is in it, every service is walled in."""

from __future__ import annotations

import re
import ssl
import stat
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from mam import __version__
from mam.cli.commands import PLACES
from mam.config import load

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"prepare", "owners", "web", "worker", "edge"}
ONCE = {"prepare", "owners"}
KEYS = {
    "image", "restart", "pull_policy", "read_only", "cap_drop", "cap_add", "security_opt", "tmpfs", "user",
    "stop_grace_period", "environment", "networks", "network_mode", "command", "entrypoint", "volumes",
    "depends_on", "healthcheck", "ports", "shm_size",
}  # fmt: skip
"""The words of the compose specification that are used; another one is a slip, or belongs here."""


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_walled_in(name: str) -> None:
    service = SERVICES[name]
    assert set(service) <= KEYS
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    # Root only where it needs to be, with the one thing that it needs
    by_root = {"owners": ["CHOWN"], "s3": ["DAC_OVERRIDE"]}
    assert service.get("cap_add", []) == by_root.get(name, [])
    assert (service.get("user", "").startswith("0")) is (name in by_root)
    assert re.fullmatch(r".+:\S+", service["image"]), "no image without its version"
    assert not service["image"].endswith("latest")


def test_only_80_and_443_are_published() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"nginx": ["80:8080", "443:8443"]}
    assert all("network_mode" not in one or one["network_mode"] == "none" for one in SERVICES.values())


def test_no_password_stands_in_it_and_none_has_a_default() -> None:
    # Given every variable that the file names
    found = re.findall(r"(?<!\$)\$\{(\w+)([^}]*)\}", TEXT)
    # When those of secrets are looked at, then each stops the start where it is missing
    for name, rest in found:
        assert rest.startswith(":?") or name == "MAM_IMAGE", name
    secret = re.compile(r"PASSWORD|KEY|_URL")
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert not secret.search(name) or "${MAM_" in value, name


def test_the_images_are_this_version_s_and_play_their_roles() -> None:
    for name in OURS:
        image = SERVICES[name]["image"]
        role = "app" if name in ONCE else name
        assert image == f"${{MAM_IMAGE:-localhost/mam:{__version__}}}-{role}"
        assert SERVICES[name]["pull_policy"] == "never"
        if name not in ONCE:
            assert SERVICES[name]["command"] == [name]
            assert name in PLACES


def test_whatever_is_waited_for_is_there_and_can_be_waited_for() -> None:
    for name, service in SERVICES.items():
        for other, said in service.get("depends_on", {}).items():
            condition = said["condition"]
            assert condition == ("service_completed_successfully" if other in ONCE else "service_healthy")
            has_check = "test" in SERVICES[other].get("healthcheck", {}) or other in {"web", "edge"}
            assert other in ONCE or has_check, f"{name} waits for {other}, which never says that it is well"
        networks = set(service.get("networks", []))
        assert networks <= set(COMPOSE["networks"])
        for volume in service.get("volumes", []):
            source, target, *mode = volume.split(":")
            assert target.startswith("/")
            if source.startswith("."):
                assert mode == ["ro"], f"{name} may write into the checkout: {volume}"
                assert (ROOT / source).exists() or "/made/" in source
            else:
                assert source in COMPOSE["volumes"]


def test_the_web_process_never_sees_the_keys_of_the_certificates() -> None:
    for name in ("web", "worker", "edge"):
        volumes = {one.split(":")[0] for one in SERVICES[name]["volumes"]}
        assert not volumes & {"authority", "front"}, name


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what init needs."""
    below = tmp_path / "appliance" / "compose"
    below.mkdir(parents=True)
    for name in ("init", "config.toml", "certificate.py"):
        below.joinpath(name).write_bytes((ROOT / "appliance" / "compose" / name).read_bytes())
    return tmp_path


def _init(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    script = str(checkout / "appliance" / "compose" / "init")
    return subprocess.run(["bash", script, *words], capture_output=True, text=True, timeout=60, check=False)


def _secrets(checkout: Path) -> dict[str, str]:
    lines = (checkout / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_init_makes_passwords_once_and_settings_that_hold(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # When init is run
    assert _init(checkout, "mam.studio.lan").returncode == 0
    # Then every variable of the file has a value that nobody guesses and only the owner reads
    secrets = _secrets(checkout)
    named = {name for name, rest in re.findall(r"(?<!\$)\$\{(\w+)([^}]*)\}", TEXT) if rest.startswith(":?")}
    assert set(secrets) == named
    assert stat.S_IMODE((checkout / ".env").stat().st_mode) == 0o600
    assert all(len(value) == 48 for name, value in secrets.items() if name != "MAM_HOST")
    # And the settings can be read, and name what the services are called
    made = checkout / "appliance" / "compose" / "made" / "config.toml"
    environment = SERVICES["web"]["environment"]
    for name in environment:
        monkeypatch.setenv(name, "redis://:x@valkey:6379/0")
    config = load(made)
    assert config.server.public_url == "https://mam.studio.lan"
    subnet = COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert config.server.trusted_proxies == (subnet,)
    assert tomllib.loads(made.read_text())["plugins"]["storage_s3"]["endpoint"] == "s3:8333"
    # And another name keeps the passwords
    assert _init(checkout, "10.0.0.7").returncode == 0
    assert _secrets(checkout) == {**secrets, "MAM_HOST": "10.0.0.7"}
    # And no name, or one with more in it, is refused
    assert [_init(checkout, *words).returncode for words in ((), ("a b",), ("x;id",), ("A",))] == [2] * 4


def _shakes_hands(tls: Path, name: str) -> bool:
    """Whether a strict client that trusts the authority takes the certificate; both ends in memory."""
    client = ssl.create_default_context(cafile=str(tls / "public" / "ca.crt"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tls / "front" / "box.crt", tls / "front" / "box.key")
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(back, there, server_hostname=name),
        server.wrap_bio(there, back, server_side=True),
    ]
    for end in (*ends, *ends):
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    return ends[0].version() == "TLSv1.3"


def test_the_certificate_is_by_the_box_s_own_authority(checkout: Path, tmp_path: Path) -> None:
    # Given volumes, when the certificate is made twice
    script, tls = checkout / "appliance" / "compose" / "certificate.py", tmp_path / "tls"

    def make(name: str) -> x509.Certificate:
        subprocess.run([sys.executable, str(script), name, str(tls)], check=True, timeout=60)
        return x509.load_pem_x509_certificate((tls / "front" / "box.crt").read_bytes())

    first, again, other = make("mam.studio.lan"), make("mam.studio.lan"), make("10.0.0.7")
    # Then it is kept, and made anew for another name, by the same authority
    authority = x509.load_pem_x509_certificate((tls / "public" / "ca.crt").read_bytes())
    assert first == again != other
    for one in (first, other):
        one.verify_directly_issued_by(authority)
    # And clients believe it that are as strict as Python from 3.13 on
    assert _shakes_hands(tls, "10.0.0.7")
    # And the keys are for their owner alone
    for name in ("authority/ca.key", "front/box.key"):
        assert stat.S_IMODE((tls / name).stat().st_mode) == 0o600
    assert sorted(one.name for one in (tls / "public").iterdir()) == ["ca.crt"]


def test_nginx_takes_its_settings(checkout: Path, tmp_path: Path) -> None:
    # Given the certificate, and the settings with paths of this machine
    script, tls = checkout / "appliance" / "compose" / "certificate.py", tmp_path / "tls"
    subprocess.run([sys.executable, str(script), "mam.studio.lan", str(tls)], check=True, timeout=60)
    text = (ROOT / "appliance" / "compose" / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("/tmp/", f"{tmp_path}/").replace("/tls/", f"{tls}/")  # noqa: S108 - the container's
    (tmp_path / "nginx.conf").write_text(text)
    # When nginx reads them, then it has nothing against them
    command = ["nginx", "-t", "-q", "-e", str(tmp_path / "error"), "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
