"""Is there an NVIDIA card here that really encodes? NVML is asked first, then one picture is encoded.

That ffmpeg lists NVENC proves nothing, nor does a driver: data-centre cards (A100, H100, H200) have none.
Reads only; the trial runs in the sandbox and writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from mam.errors import MamError
from mam.media.ffmpeg import FfmpegError, Tools, encoders, run_ffmpeg
from mam.media.limits import Limits
from mam.media.sandbox import Sandbox

TRIAL_LIMITS = Limits(memory=None, cpu_seconds=15, wall_seconds=15.0)

# The runner wants a source; these are the bytes of a black GIF of one pixel, and the trial ignores it.
_PIXEL = bytes.fromhex(
    "47494638396101000100800100000000ffffff21f90401000001002c00000000010001000002024c01003b"
)
_SHARED_NODES = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools")

# What ffmpeg and the driver say when the card, not the file, is the trouble.
_TROUBLES = (
    ("OpenEncodeSessionEx failed: out of memory", "the card has no session or memory free"),
    ("OpenEncodeSessionEx failed: incompatible client key", "the card has no session free"),
    ("OpenEncodeSessionEx failed", "the card opens no encoder session"),
    ("No capable devices found", "no card here can encode this"),
    ("No NVENC capable devices found", "no card here can encode this"),
    ("Cannot load libcuda", "the driver's CUDA library is missing"),
    ("Cannot load libnvidia-encode", "the driver's encoder library is missing"),
    ("minimum required Nvidia driver", "the driver is too old for this ffmpeg"),
    ("CUDA_ERROR_OUT_OF_MEMORY", "the card has no memory free"),
    ("CUDA_ERROR", "the card's driver failed"),
    ("cuInit", "the card's driver failed"),
    ("EncodePicture failed", "the card stopped encoding"),
    ("Failed locking bitstream buffer", "the card stopped encoding"),
    ("InitializeEncoder failed", "the card refused the encoder's settings"),
)


class UnavailableError(MamError):
    """There is no card that could encode now; the sentence says why."""

    code = "no_encoder"
    title = "No GPU encoder"


@dataclass(frozen=True)
class Card:
    """A card with an encoder: its name, driver, spare encoder capacity in percent, device nodes."""

    name: str
    driver: str
    capacity: int
    devices: tuple[Path, ...]


def find_card() -> Card:
    """The card with most H.264 encoder capacity to spare, by NVML. Raises `UnavailableError`."""
    nvml = _nvml()
    try:
        driver = _text(nvml.nvmlSystemGetDriverVersion())
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        cards = [_card(nvml, handle, driver) for handle in handles]
    except nvml.NVMLError as error:
        raise UnavailableError(f"The NVIDIA driver does not answer: {error}.") from error
    finally:
        nvml.nvmlShutdown()
    if not cards:
        raise UnavailableError("There is an NVIDIA driver but no card.")
    best = max(cards, key=lambda card: card.capacity)
    if best.capacity <= 0:
        listed = ", ".join(dict.fromkeys(card.name for card in cards))
        raise UnavailableError(f"{listed}: no video encoder, or none free.")
    return best


def trial(tools: Tools, sandbox: Sandbox, encoder: str, devices: tuple[Path, ...]) -> None:
    """Encode one picture with `encoder` on the card, contained. Raises `UnavailableError` with the reason."""
    if encoder not in encoders(tools):
        raise UnavailableError(f"ffmpeg {tools.version} was built without {encoder}.")
    picture = ["-f", "lavfi", "-i", "color=gray:size=640x360:rate=25:duration=0.04"]
    arguments = [*picture, "-map", "1:v", "-frames:v", "1", "-c:v", encoder, "-f", "null", "-"]
    with TemporaryDirectory(prefix="mam-nvenc-") as folder:
        source = Path(folder, "pixel")
        source.write_bytes(_PIXEL)
        try:
            run_ffmpeg(tools, sandbox, source, arguments, out=None, limits=TRIAL_LIMITS, devices=devices)
        except FfmpegError as error:
            reason = trouble(error.stderr_tail) or _last_line(error.stderr_tail) or error.detail
            raise UnavailableError(f"A trial with {encoder} failed: {reason}.") from error


def trouble(stderr: str) -> str:
    """What ffmpeg's words say is wrong with the card; empty where they say nothing of it."""
    return next((reason for words, reason in _TROUBLES if words in stderr), "")


def _nvml() -> ModuleType:
    """NVML, started. Imported here, so that a box without a card needs neither driver nor library."""
    try:
        import pynvml  # noqa: PLC0415 - late on purpose
    except ImportError as error:
        raise UnavailableError("The Python package nvidia-ml-py is not installed.") from error
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        raise UnavailableError(f"There is no NVIDIA driver on this machine ({error}).") from error
    return pynvml


def _card(nvml: ModuleType, handle: Any, driver: str) -> Card:
    minor = nvml.nvmlDeviceGetMinorNumber(handle)
    nodes = (f"/dev/nvidia{minor}", *_SHARED_NODES)
    return Card(
        name=_text(nvml.nvmlDeviceGetName(handle)),
        driver=driver,
        capacity=_capacity(nvml, handle),
        devices=tuple(path for path in map(Path, nodes) if path.exists()),
    )


def _capacity(nvml: ModuleType, handle: Any) -> int:
    """H.264 encoder capacity to spare in percent; 0 where the card says that it has no encoder."""
    try:
        return int(nvml.nvmlDeviceGetEncoderCapacity(handle, nvml.NVML_ENCODER_QUERY_H264))
    except nvml.NVMLError:
        return 0


def _text(value: str | bytes) -> str:
    """Older bindings answer bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip().rstrip(".")[:200] if lines else ""
