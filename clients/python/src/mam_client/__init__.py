"""Talk to a MAM box from Python: every call typed, files that arrive, events without gaps."""

from mam_client import calls, models, webhooks
from mam_client.call import UNSET, Call, ListCall
from mam_client.client import AsyncClient, Client
from mam_client.core import Settings
from mam_client.events import Event
from mam_client.uploads import Failed, Progress, Report, Uploaded

__version__ = "0.1.0"
__all__ = [
    "UNSET",
    "AsyncClient",
    "Call",
    "Client",
    "Event",
    "Failed",
    "ListCall",
    "Progress",
    "Report",
    "Settings",
    "Uploaded",
    "calls",
    "models",
    "webhooks",
]
