"""What can go wrong, in words: one class a kind of failure, one sentence an instance, one stable code.

Errors know nothing of HTTP or exit statuses; `mam.web.errors` and `mam.cli` translate them.
`detail` is written for the person who reads it: what happened, what is safe, what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One bad input field: its name (dotted path) and what was expected."""

    field: str
    message: str


class MamError(Exception):
    """Base of every expected failure. `code` is stable; clients may branch on it."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        """Keep the sentence; `code` overrides the class's own for a narrower one."""
        super().__init__(detail)
        self.detail = detail
        self.error_code = code or self.code


class NotFoundError(MamError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "not_found"
    title = "Not found"

    def __init__(self, detail: str = "There is nothing here, or you may not see it.") -> None:
        """Say the same for absent and forbidden things, so that ids cannot be probed."""
        super().__init__(detail)


class ValidationError(MamError):
    """Input that can be mended by whoever sent it; `errors` names the fields."""

    code = "validation_failed"
    title = "The input is not valid"

    def __init__(self, detail: str, errors: tuple[FieldError, ...] = (), *, code: str | None = None) -> None:
        """Keep the fields beside the sentence."""
        super().__init__(detail, code=code)
        self.errors = errors


class UnauthorizedError(MamError):
    """Nobody is logged in, or the token, session or password does not hold."""

    code = "unauthorized"
    title = "Log in first"


class ForbiddenError(MamError):
    """The caller may see the thing but not do this to it."""

    code = "forbidden"
    title = "Not allowed"


class ConflictError(MamError):
    """The thing is in a state that does not admit the request."""

    code = "conflict"
    title = "Conflict"


class PreconditionFailedError(MamError):
    """The thing is not in the state any more that the caller saw and made the condition of a change."""

    code = "precondition_failed"
    title = "It has changed meanwhile"

    def __init__(
        self, detail: str = "It has changed since you read it, and was left as it is: read it again."
    ) -> None:
        """Nothing was changed."""
        super().__init__(detail)


class DuplicateMasterError(ConflictError):
    """The very bytes are a master already, and the caller chose not to keep them twice; staging is kept.

    `duplicates` are the versions that have them and that the caller may see, as answers show them.
    """

    code = "duplicate_master"
    title = "You already have this master"

    def __init__(self, detail: str, duplicates: tuple[dict[str, Any], ...]) -> None:
        """Keep what is there already beside the sentence."""
        super().__init__(detail)
        self.duplicates = duplicates


class LockedError(MamError):
    """A master under retention or legal hold; it cannot be changed or removed."""

    code = "locked"
    title = "Locked"


class UploadIncompleteError(ValidationError):
    """Parts are missing; staging is kept."""

    code = "upload_incomplete"
    title = "The upload is not complete"


class EmptyFileError(ValidationError):
    """A file of zero bytes."""

    code = "empty_file"
    title = "The file is empty"


class ChecksumMismatchError(ValidationError):
    """The bytes are not the bytes that were announced; staging is kept, nothing promoted."""

    code = "checksum_mismatch"
    title = "The checksum differs"


class GoneError(MamError):
    """An upload that was aborted, expired or already completed."""

    code = "gone"
    title = "Gone"


class TooLargeError(MamError):
    """More bytes, pixels, names or depth than a limit admits."""

    code = "too_large"
    title = "Too large"


class QuotaExceededError(TooLargeError):
    """More bytes than the project may hold."""

    code = "quota_exceeded"
    title = "The project's quota is used up"


class LengthRequiredError(MamError):
    """A body without a Content-Length, where the size must be known before the first byte."""

    code = "length_required"
    title = "Content-Length required"


class RateLimitedError(MamError):
    """Too many attempts; `retry_after` seconds until the next is admitted."""

    code = "rate_limited"
    title = "Too many requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        """Keep the seconds to wait."""
        super().__init__(detail)
        self.retry_after = retry_after


class GrantError(MamError):
    """A signed address that does not hold: changed, out of scope, wrong address, unknown key."""

    code = "signature_invalid"
    title = "The signed address does not hold"


class GrantExpiredError(GrantError):
    """A signed address past its time."""

    code = "signature_expired"
    title = "The signed address has expired"


class StorageError(MamError):
    """The store did not answer, refused or lied; nothing was lost, trying again is safe."""

    code = "storage_unavailable"
    title = "The storage is not available"


class StorageUnreachableError(StorageError):
    """The store does not answer at all; jobs wait for it, however long it takes."""


class StorageFullError(StorageError):
    """No room left on the store."""

    code = "storage_full"
    title = "The storage is full"


class QueueUnavailableError(MamError):
    """Redis/Valkey does not answer; jobs stay in the database and start later."""

    code = "queue_unavailable"
    title = "The queue is not available"


class AuthenticatorAwayError(MamError):
    """A directory or login service elsewhere does not answer; who asked is neither let in nor refused.

    `reason` is for the log; people are told one sentence, which names no address.
    """

    code = "authenticator_away"
    title = "The login service does not answer"

    def __init__(self, reason: str) -> None:
        """Keep the reason beside the sentence."""
        super().__init__(
            "The login service does not answer now; try again, or log in with a password of this box."
        )
        self.reason = reason


class SourceError(MamError):
    """The media itself is bad (hostile, corrupt, over a limit): no other transcoder would do better.

    A transcoder or describer raises it; the preview becomes `failed` with this code and sentence,
    and the job is not retried. Codes in use: `source_rejected` (hostile or unreadable),
    `source_corrupt`, `source_too_large` (pixels, duration, output), `source_timeout`.
    """

    code = "source_rejected"
    title = "The file cannot be read as media"


class ProgramKilledError(MamError):
    """A contained program was killed by somebody else: no verdict over its file, another attempt is due."""

    code = "program_killed"
    title = "A program was killed"


class SandboxError(MamError):
    """No sandbox that holds can be set up; workers refuse to start."""

    code = "sandbox_unavailable"
    title = "No working sandbox"


class CancelledWorkError(MamError):
    """The worker lost its lease or was asked to stop; the attempt's output is thrown away."""

    code = "cancelled"
    title = "Cancelled"


class ConfigError(MamError):
    """The configuration cannot be used; the sentence names file, key, what was expected."""

    code = "config_invalid"
    title = "The configuration is not valid"


class BackupError(MamError):
    """A backup cannot be made, read or restored as it is; nothing was changed on the way."""

    code = "backup_invalid"
    title = "The backup cannot be used"


class UpdateError(ValidationError):
    """An update bundle that is not taken, with the reason; nothing was changed."""

    code = "update_refused"
    title = "This update is not taken"


class PluginError(MamError):
    """A plugin could not be loaded, configured or called; the plugin is named."""

    code = "plugin_failed"
    title = "A plugin failed"
