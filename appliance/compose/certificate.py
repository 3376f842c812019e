"""The box's own authority, made once, and the certificate of its name: anew for another name or near its end.

`certificate.py NAME FOLDER`: FOLDER/authority keeps the authority's key, FOLDER/front what nginx shows and
FOLDER/public the authority's certificate, which people and machines are to trust. Prints nothing secret.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Key = ec.EllipticCurvePrivateKey
DAYS, RENEWED_DAYS, AUTHORITY_DAYS = 397, 30, 3650  # longer than 397 is refused by Apple's systems


def main(name: str, folder: Path) -> None:
    """Make what is missing."""
    authority, front, public = (folder / one for one in ("authority", "front", "public"))
    key, certificate = _authority(authority, name)
    _put(public / "ca.crt", certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    if not _holds(front / "box.crt", name):
        _box(front, name, key, certificate)


def _authority(folder: Path, name: str) -> tuple[Key, x509.Certificate]:
    if not (folder / "ca.crt").exists():
        key = ec.generate_private_key(ec.SECP256R1())
        called = _name(f"MAM authority of {name} {dt.datetime.now(dt.UTC):%Y-%m-%d}")
        begun = _begun(called, called, key, AUTHORITY_DAYS, signer=key, authority=True)
        _put(folder / "ca.key", _private(key), 0o600)
        _put(
            folder / "ca.crt",
            begun.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
            0o644,
        )
    found = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(found, Key)  # noqa: S101 - it is ours
    return found, x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())


def _box(folder: Path, name: str, authority: Key, above: x509.Certificate) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    begun = _begun(_name(name), above.subject, key, DAYS, signer=authority, authority=False)
    names = x509.SubjectAlternativeName([_general(name), x509.DNSName("localhost"), _general("127.0.0.1")])
    usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH])
    begun = begun.add_extension(names, critical=False).add_extension(usage, critical=False)
    _put(folder / "box.key", _private(key), 0o600)
    shown = begun.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    _put(folder / "box.crt", shown, 0o644)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: Key, days: int, *, signer: Key, authority: bool
) -> x509.CertificateBuilder:
    """With what RFC 5280 asks of each kind: Python refuses one without the key identifiers from 3.13 on."""
    moment = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(moment - dt.timedelta(hours=1))
    basic = x509.BasicConstraints(ca=authority, path_length=0 if authority else None)
    made = made.not_valid_after(moment + dt.timedelta(days=days)).add_extension(basic, critical=True)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    made = made.add_extension(own, critical=False).add_extension(above, critical=False)
    return made.add_extension(_uses(authority=authority), critical=True)


def _uses(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=authority, crl_sign=authority, digital_signature=not authority,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text[:64])])


def _holds(path: Path, name: str) -> bool:
    """Whether the certificate is there, of this name, and not near its end."""
    if not path.exists():
        return False
    found = x509.load_pem_x509_certificate(path.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    ends = found.not_valid_after_utc - dt.timedelta(days=RENEWED_DAYS)
    return _general(name) in names and ends > dt.datetime.now(dt.UTC)


def _private(key: Key) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _put(path: Path, data: bytes, mode: int) -> None:
    """The file whole or not at all, with its mode from the start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    new.replace(path)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
