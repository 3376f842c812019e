"""MAM: a media asset management appliance for studios.

The package reads from the outside in: `web`, `edge`, `cli` and `worker` ask; `services` decide;
`models`, `plugins` and `queue` hold and call; `builtin` and the plugin distributions answer.
"""

import pluggy

__version__ = "0.1.0"

hookimpl = pluggy.HookimplMarker("mam")
"""Marks a function of a plugin module as an answer to a hook of `mam.hookspecs`."""
