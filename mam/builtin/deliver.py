"""The core's own delivery: the store's signed address where it has one, else this server streams.

The last answer of `mam_deliver`; always answers. Writes nothing.
"""

from __future__ import annotations

from mam import hookimpl
from mam.config import Config
from mam.signing import DOWNLOAD_SECONDS, GUEST_SECONDS
from mam.types import Actor, Delivery, DeliveryFile, Redirect, SignedReadStorage, Storage, Stream


@hookimpl
def mam_deliver(config: Config, storage: Storage, actor: Actor, file: DeliveryFile) -> Delivery:  # noqa: ARG001
    """Redirect to the store itself, so that the bytes do not pass through here; else stream.

    A store cannot take an address back: a guest's lives as short as every other one given to guests.
    """
    if file.area == "in-place" or not isinstance(storage, SignedReadStorage):
        return Stream(file)
    url = storage.read_address(
        file.area,
        file.key,
        version=file.version,
        expires_in=DOWNLOAD_SECONDS if actor.guest is None else GUEST_SECONDS,
        filename=file.filename,
        content_type=file.content_type,
    )
    return Redirect(url)
