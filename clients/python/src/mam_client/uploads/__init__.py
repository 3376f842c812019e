"""Sending files: one or a folder, in parts side by side, going on where a killed program left off."""

from mam_client.uploads.folder import Failed, Report
from mam_client.uploads.progress import Progress
from mam_client.uploads.transfer import Uploaded

__all__ = ["Failed", "Progress", "Report", "Uploaded"]
