"""A real LDAP server for the tests, a process of its own: ldaptor on loopback, plain, StartTLS and TLS.

Run with a folder that has `cert.pem` and `key.pem`; prints its two ports. A line on its input changes the
directory: `drop|DN`, or `set|DN|ATTRIBUTE|VALUE`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ldaptor import interfaces
from ldaptor.inmemory import ReadOnlyInMemoryLDAPEntry
from ldaptor.protocols import pureldap
from ldaptor.protocols.ldap import ldaperrors, ldapserver
from twisted.internet import protocol, reactor, ssl, stdio
from twisted.protocols.basic import LineReceiver
from twisted.python.components import registerAdapter

BASE = "dc=studio,dc=example"
PEOPLE = f"ou=people,{BASE}"


def person(name: str, **more: str) -> dict[str, list[str]]:
    """Attributes of somebody whose password is `<name>'s password`."""
    values = {
        "cn": f"{name.title()} Person", "uid": name, "mail": f"{name}@example.org",
        "userPassword": f"{name}'s password", "entryUUID": f"uuid-{name}", "objectClass": "person", **more,
    }  # fmt: skip
    return {key: [value] for key, value in values.items()}


def make_tree() -> Any:
    """A service account, four people, a group."""
    root = ReadOnlyInMemoryLDAPEntry(BASE, {"objectClass": ["dcObject"], "dc": ["studio"]})
    people = root.addChild("ou=people", {"objectClass": ["organizationalUnit"], "ou": ["people"]})
    groups = root.addChild("ou=groups", {"objectClass": ["organizationalUnit"], "ou": ["groups"]})
    admins = f"cn=admins,ou=groups,{BASE}"
    root.addChild("cn=service", {"objectClass": ["account"], "cn": ["service"], "userPassword": ["service"]})
    people.addChild("uid=ana", person("ana", memberOf=admins))
    people.addChild("uid=ben", person("ben"))
    people.addChild("cn=star (*)", person("star", uid="st*r(x)"))
    people.addChild("uid=twin1", person("twin1", mail="twins@example.org"))
    people.addChild("uid=twin2", person("twin2", mail="twins@example.org"))
    members = [f"uid=ben,{PEOPLE}"]
    groups.addChild("cn=crew", {"objectClass": ["groupOfNames"], "cn": ["crew"], "member": members})
    return root


class Server(ldapserver.LDAPServer):
    """ldaptor's server, with StartTLS (RFC 4511, 4.14)."""

    def extendedRequest_LDAPStartTLS(self, _data: Any, reply: Any) -> None:  # noqa: N802 - ldaptor's name
        reply(pureldap.LDAPExtendedResponse(resultCode=ldaperrors.Success.resultCode))
        self.transport.startTLS(self.factory.tls)

    extendedRequest_LDAPStartTLS.oid = pureldap.LDAPStartTLSRequest.oid  # type: ignore[attr-defined]


class Factory(protocol.ServerFactory):
    """Servers of one tree."""

    protocol = Server

    def __init__(self, tree: Any, tls: Any) -> None:
        """Hold both."""
        self.tree, self.tls = tree, tls


class Orders(LineReceiver):
    """Changes that the test orders."""

    delimiter = b"\n"

    def __init__(self, tree: Any) -> None:
        """Hold the tree."""
        self.tree = tree

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        order, dn, *rest = line.decode().split("|")
        found = self.tree.search(filterText="(objectClass=*)")
        found.addCallback(lambda entries: self.change(order, dn, rest, entries))

    def change(self, order: str, dn: str, rest: list[str], entries: list[Any]) -> None:
        entry = next(one for one in entries if one.dn.getText() == dn)
        if order == "drop":
            entry.parent().deleteChild(dn.partition(",")[0])
        else:
            entry[rest[0]] = rest[1:]
        self.sendLine(b"done")

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802 - Twisted's name
        reactor.stop()


def main(folder: Path) -> None:
    """Serve until the input ends."""
    registerAdapter(lambda factory: factory.tree, Factory, interfaces.IConnectedLDAPEntry)
    tree = make_tree()
    tls = ssl.DefaultOpenSSLContextFactory(str(folder / "key.pem"), str(folder / "cert.pem"))
    factory = Factory(tree, tls)
    plain = reactor.listenTCP(0, factory, interface="127.0.0.1")
    over_tls = reactor.listenSSL(0, factory, tls, interface="127.0.0.1")
    sys.stdout.write(f"{plain.getHost().port} {over_tls.getHost().port}\n")
    sys.stdout.flush()
    stdio.StandardIO(Orders(tree))
    reactor.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
