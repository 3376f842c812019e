"""The one place where the client's, the transport's and the store's errors become errors of `mam.errors`.

Sentences name the bucket and what to do; they never carry a key, a signature or an object's name.
"""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

from minio.error import MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError, IncompleteRead

from mam.errors import MamError, NotFoundError, StorageError, StorageFullError, StorageUnreachableError

FOREIGN = (MinioException, HTTPError, ParseError, ValueError)
"""What a call of the client may raise. The last two: answers it cannot read, settings it finds impossible."""

ABSENT = ("NoSuchKey", "NoSuchVersion", "NoSuchObject", "MethodNotAllowed")
"""MethodNotAllowed: the version named is a delete marker."""

DENIED = ("AccessDenied", "AllAccessDisabled", "Forbidden")
_FULL = ("XMinioStorageFull", "XMinioStorageQuotaExceeded", "InsufficientStorage", "QuotaExceeded", "507")
_BUSY = ("SlowDown", "ServiceUnavailable", "502", "503", "504")
"""The store, or a proxy before it, answers that it cannot now: as good as no answer, so jobs wait for it."""

_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken")


class DeniedError(StorageError):
    """The access key may not do this."""


def code_of(error: BaseException) -> str:
    """The store's own word for what went wrong, else the HTTP status; empty without an answer."""
    if isinstance(error, S3Error):
        return error.code or ""
    return str(error.status_code) if isinstance(error, ServerError) else ""


def our_error(error: BaseException, what: str, bucket: str) -> MamError:
    """What to raise in the place of a foreign error; `what` begins the sentence."""
    code = code_of(error)
    if code in ABSENT:
        return NotFoundError()
    if code in _FULL:
        return StorageFullError(f"{what}: no room is left in the bucket {bucket}.")
    if code in DENIED:
        return DeniedError(
            f"{what}: the access key may not do this in the bucket {bucket}; give it the right, "
            "the README of storage_s3 lists them."
        )
    if code:
        kind = StorageUnreachableError if code in _BUSY else StorageError
        return kind(f"{what}: {_sentence(code, bucket)}")
    if _ended_early(error) or not isinstance(error, HTTPError):
        early = "the answer ended too early; it is read again later."
        other = "the store, or a proxy before it, gives an answer that is not S3's."
        return StorageError(f"{what}: {early if _ended_early(error) else other}")
    reason = type(_innermost(error)).__name__
    return StorageUnreachableError(f"{what}: the S3 store does not answer ({reason}).")


def _sentence(code: str, bucket: str) -> str:
    if code == "NoSuchBucket":
        return f"the bucket {bucket} does not exist; make it, or set create_buckets = true."
    if code in _KEYS:
        return f"the store does not accept access_key and secret_key ({code}); correct them."
    if code == "RequestTimeTooSkewed":
        return "this machine's clock and the store's differ by more than 15 minutes; set the clock right."
    return f"the S3 store answers {code} for the bucket {bucket}."


def _ended_early(error: BaseException) -> bool:
    """Whether bytes that were announced did not come: a lie as well as a broken line, so it is no silence."""
    return isinstance(error, HTTPError) and any(
        isinstance(one, IncompleteRead) for one in (error, *error.args)
    )


def _innermost(error: BaseException) -> BaseException:
    """The reason below urllib3's wrapping."""
    reason = getattr(error, "reason", None)
    return _innermost(reason) if isinstance(reason, BaseException) else error
