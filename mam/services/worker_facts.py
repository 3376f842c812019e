"""What a worker says of the machine it runs on: name, version, processors, load, memory, cards, encoders.

An encoder is listed once its plugin proved it here at the start, a card because NVML knows it. Reads only,
asks nobody over the network.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any

import psutil

from mam import __version__
from mam.core import Mam
from mam.plugins import State
from mam.services.shapes import Shape

LONGEST_NAME = 200
_MOST_CARDS = 16


def host() -> str:
    """The name of the machine in its network."""
    return socket.gethostname()[:LONGEST_NAME]


def facts(mam: Mam) -> Shape:
    """The machine now. Bytes; `load` is processes that ran or waited in the last minute (the kernel's)."""
    memory = psutil.virtual_memory()
    return {
        "host": host(),
        "version": __version__,
        "cpus": os.cpu_count() or 1,
        "load": round(os.getloadavg()[0], 2),
        "memory_bytes": memory.total,
        "memory_free_bytes": memory.available,
        "gpus": _cards(),
        "encoders": _encoders(mam),
        "keys": sorted(keys(mam)),
    }


def keys(mam: Mam) -> set[str]:
    """Ids of the keys that may be used now: whoever lacks one of the box's cannot read what it signs."""
    return {*mam.keys.kids(), *mam.auth_keys.kids()}


def _encoders(mam: Mam) -> list[Shape]:
    """The transcoders that passed their own check here, in the order in which they are asked."""
    return [
        {"name": one.name, "detail": "; ".join(f.message for f in one.findings if f.severity == "ok")[:300]}
        for one in mam.hooks.plugins.values()
        if one.state == State.ENABLED and "mam_transcode" in one.hooks
    ]


def _cards() -> list[Shape]:
    """NVIDIA's cards by NVML; none where there is no driver."""
    try:
        import pynvml  # noqa: PLC0415 - loads the driver's library, which few machines have
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        number = min(pynvml.nvmlDeviceGetCount(), _MOST_CARDS)
        return [_card(pynvml, pynvml.nvmlDeviceGetHandleByIndex(index)) for index in range(number)]
    except pynvml.NVMLError:
        return []
    finally:
        with contextlib.suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _card(nvml: Any, handle: Any) -> Shape:
    name = nvml.nvmlDeviceGetName(handle)
    found: Shape = {
        "name": name.decode() if isinstance(name, bytes) else name,
        "memory_bytes": None,
        "busy_percent": None,
        "encoder_percent": None,
    }
    with contextlib.suppress(nvml.NVMLError):  # a slice of a card tells neither
        found["memory_bytes"] = nvml.nvmlDeviceGetMemoryInfo(handle).total
    with contextlib.suppress(nvml.NVMLError):
        found["busy_percent"] = nvml.nvmlDeviceGetUtilizationRates(handle).gpu
    with contextlib.suppress(nvml.NVMLError):
        found["encoder_percent"] = nvml.nvmlDeviceGetEncoderUtilization(handle)[0]
    return found
