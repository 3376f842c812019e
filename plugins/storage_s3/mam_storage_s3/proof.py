"""The proof of the lock: a probe under a short retention is attacked with the box's own key, then looked at.

What the store answers to an attack and what it did are both judged; a store that shows a lock and gives way
is called lying. Writes probes under a hidden key of the masters bucket, removes those whose lock has ended.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from minio.deleteobjects import DeleteObject
from minio.retention import Retention

from mam.errors import MamError, NotFoundError, StorageError
from mam.types import Finding
from mam_storage_s3.errors import FOREIGN
from mam_storage_s3.masters import LockedMasters

_FOLDER = ".lock-probe/"
_SECONDS = 60
_BYTES = b"a master that must not change"
_TOLD_TWICE = "Do not rely on this store: take one whose object lock holds, or the builtin files store."


class ProvenMasters(LockedMasters):
    """The store that tests its own lock."""

    def prove(self) -> Finding:
        """Attack a probe and say what held; `unknown` where no probe could be made."""
        try:
            key, version, until = self._make_probe()
            given = self._attack(key, version, until)
            finding = self._verdict(key, version, until, given)
            self._remove_old_probes()
        except MamError as error:
            fix = "Mend what is said above, then ask for the proof again."
            return Finding("lock", "warning", f"unknown: the lock was not proven: {error.detail}", fix)
        return finding

    def _make_probe(self) -> tuple[str, str, datetime]:
        """A probe made as a promote makes masters: copied inside the store under retention."""
        key = f"{_FOLDER}{secrets.token_hex(8)}"
        until = (datetime.now(UTC) + timedelta(seconds=_SECONDS)).replace(microsecond=0)
        staging, masters = self.buckets.name("staging"), self.buckets.name("masters")
        with self.connection.guarded("The probe cannot be written", masters):
            self.connection.client.put_object(staging, key, io.BytesIO(_BYTES), len(_BYTES), sse=self.sse())
            source = self.connection.client.stat_object(staging, key)
            version = self.compose(key, source, key, until)
            self.connection.client.remove_object(staging, key)
        if not version:
            raise StorageError("the store names no version of what it stores")
        return key, version, until

    def _attack(self, key: str, version: str, until: datetime) -> list[str]:
        """Everything our own key could try; the names of the attacks that the store answered with a yes."""
        if not self._holds(key, version, until):
            self._set_retention(key, version, until)
        bucket, client = self.settings.masters_bucket, self.connection.client
        sooner = Retention(self.settings.retention, datetime.now(UTC) + timedelta(seconds=5))
        weaker = Retention("GOVERNANCE", until)
        attacks: list[tuple[str, Callable[[], object]]] = [
            ("removed", lambda: client.remove_object(bucket, key, version_id=version)),
            ("shortened", lambda: client.set_object_retention(bucket, key, sooner, version_id=version)),
            ("removed by a bypass of governance", lambda: self._bypass(bucket, key, version)),
        ]
        if self.settings.retention == "COMPLIANCE":
            weaken = lambda: client.set_object_retention(bucket, key, weaker, version_id=version)  # noqa: E731
            attacks.insert(1, ("weakened", weaken))
        given = [name for name, attack in attacks if _answered_yes(attack)]
        client_put = lambda: client.put_object(bucket, key, io.BytesIO(b"other"), 5)  # noqa: E731
        _answered_yes(client_put)  # it may make a version of its own; what counts is the first one's bytes
        return given

    def _verdict(self, key: str, version: str, until: datetime, given: list[str]) -> Finding:
        bucket = self.settings.masters_bucket
        lost = self._lost(key, version, until)
        if (
            lost
            and given == ["removed by a bypass of governance"]
            and self.settings.retention == "GOVERNANCE"
        ):
            message = f"advisory: GOVERNANCE holds in {bucket}, but this access key may bypass it."
            fix = 'Take s3:BypassGovernanceRetention from the key, or set retention = "COMPLIANCE".'
            return Finding("lock", "warning", message, fix)
        if lost or given:
            did = f"{lost}; " if lost else ""
            said = f"it answers that a locked master can be {', '.join(given)}" if given else "it refused all"
            message = (
                f"lying: the store shows a lock in the bucket {bucket} and does not keep it: {did}{said}."
            )
            return Finding("lock", "error", message, _TOLD_TWICE)
        message = (
            f"enforced: the store refused to remove, shorten or overwrite a master in the bucket {bucket} "
            f"({self.settings.retention}); whoever rules the store's own disks stands above that."
        )
        return Finding("lock", "ok", message)

    def _lost(self, key: str, version: str, until: datetime) -> str:
        """What became of the probe, read back: empty where it is as it was."""
        try:
            with self.open_version(key, version) as stream:
                if stream.read() != _BYTES:
                    return "the bytes are others"
        except NotFoundError:
            return "the probe is gone"
        return "" if self._holds(key, version, until) else "the lock is gone or shorter"

    def open_version(self, key: str, version: str) -> io.BytesIO:
        """The bytes of a small version, also of a key that hides."""
        bucket = self.settings.masters_bucket
        with self.connection.guarded("The probe cannot be read", bucket):
            answer = self.connection.call("GET", bucket, key, query={"versionId": version})
        return io.BytesIO(answer.data)

    def _bypass(self, bucket: str, key: str, version: str) -> None:
        for error in self.connection.client.remove_objects(
            bucket, [DeleteObject(key, version)], bypass_governance_mode=True
        ):
            raise ValueError(error.code)

    def _remove_old_probes(self) -> None:
        """Remove what earlier proofs left, as far as its lock has ended."""
        bucket, client = self.settings.masters_bucket, self.connection.client
        with self.connection.guarded("Old probes cannot be listed", bucket):
            old = list(client.list_objects(bucket, prefix=_FOLDER, recursive=True, include_version=True))
        limit = datetime.now(UTC) - timedelta(seconds=_SECONDS + 5)
        for one in old:
            if one.last_modified is not None and one.last_modified < limit and one.object_name:
                _answered_yes(partial(client.remove_object, bucket, one.object_name, one.version_id))


def _answered_yes(call: Callable[[], object]) -> bool:
    try:
        call()
    except FOREIGN:
        return False
    return True
