"""nginx's side of it, written from the same settings: what stands in its `http` block, what in its `server`.

Pure text; starts and changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from mam.config import Config
from mam.errors import ConfigError
from mam_delivery_accel.settings import Settings, fits

# Method, range, address: a version's id, a generation's folder, a name below it; no part begins with a dot.
_SEGMENT = (
    "~^(?:GET|HEAD) (?:bytes=(?:[0-9]{1,15}-|-[0-9]{1,15}))? /s/[A-Za-z0-9_-]+/(?<mam_object>"
    "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*){2,8}(?<![.]m3u8))$"
)
_HTTP = Template("""\
# Written by `python -m mam_delivery_accel http`: stands in nginx's http block.
# A segment: a GET or HEAD with one plain range or none, in the letters it was signed in, and no playlist.
map "$$request_method $$http_range $$request_uri" $$mam_segment {
  default "";
  "$segment" $$mam_object;
}
map $$request_uri $$mam_granted {
  default "";
  "~^/s/(?<mam_grant>[A-Za-z0-9_-]+/[0-9a-f-]{36})/" $$mam_grant;
}
map $$remote_addr $$mam_counted {
  default $$binary_remote_addr;
  "~^127\\." "";
  "::1" "";
}
proxy_cache_path "$checks" levels=1:2 keys_zone=mam_checks:8m max_size=64m inactive=60s use_temp_path=off;
limit_req_zone $$mam_counted zone=mam_segments:10m rate=${rate}r/s;
limit_req_status 429;
""")

_SERVER = Template("""\
# Written by `python -m mam_delivery_accel server`: stands in nginx's server block.
location /s/ {
  if ($$mam_segment) {
    rewrite ^ ${prefix}-/segment last;
  }
  proxy_pass $upstream;
$signed
}
location /d/ {
  proxy_pass $upstream;
$signed
}
# One check holds for all segments of a grant and client, for as long as the box says (X-Accel-Expires).
location = ${prefix}-/segment {
  internal;
  limit_req zone=mam_segments burst=$burst nodelay;
  auth_request ${prefix}-/check;
  auth_request_set $$mam_kept $$upstream_http_cache_control;
  root "$previews";
  try_files /$$mam_segment =404;
  open_file_cache max=4000 inactive=5s;
  open_file_cache_valid 2s;
  disable_symlinks on from="$previews";
  error_page 401 403 404 416 500 502 503 504 = @mam_direct;
  types { $types }
  default_type application/octet-stream;
  add_header Cache-Control $$mam_kept;
$sent
}
location = ${prefix}-/check {
  internal;
  proxy_pass $upstream$$request_uri;
  proxy_pass_request_body off;
  proxy_set_header Content-Length "";
  proxy_ignore_headers X-Accel-Redirect Cache-Control Expires Set-Cookie Vary;
  proxy_buffering on;
  open_file_cache max=4000 inactive=5s;
  open_file_cache_valid 2s;
  proxy_cache mam_checks;
  proxy_cache_key "$$remote_addr $$mam_granted";
  proxy_cache_lock on;
$signed
}
# The box sends by itself what nginx could not, and says what is refused.
location @mam_direct {
  proxy_pass $upstream$$request_uri;
$plain
}
$places""")

_PLACE = Template("""\
location $prefix$name/ {
  internal;
  alias "$folder/";
  disable_symlinks on from="$folder/";
  error_page 403 404 500 = @mam_direct;
  etag off;
  add_header ETag $$upstream_http_etag;
  add_header X-Request-Id $$upstream_http_x_request_id;
$sent
}
""")

_PLAIN = """\
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
"""
_SENT = """\
  sendfile on;
  tcp_nopush on;
  max_ranges 1;
  if_modified_since off;
  add_header Last-Modified "";
  add_header Access-Control-Allow-Origin *;
  add_header Access-Control-Expose-Headers "Content-Range";
  add_header X-Content-Type-Options nosniff;
  add_header Content-Security-Policy "default-src 'none'; sandbox";"""

_TYPES = {
    "video/mp4": "mp4 m4s",
    "audio/mp4": "m4a",
    "video/mp2t": "ts",
    '"text/vtt; charset=utf-8"': "vtt",
    "application/dash+xml": "mpd",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/avif": "avif",
    "application/json": "json",
}
"""As the box's own delivery names them."""


def http_part(config: Config, checks: Path) -> str:
    """For the `http` block; `checks` is a small folder of nginx's own, best in memory."""
    rate = config.delivery.rate or 100_000
    return _HTTP.substitute(segment=_SEGMENT, checks=_fit(checks), rate=rate)


def server_part(config: Config, settings: Settings, upstream: str, secret_file: str = "") -> str:
    """For the `server` block; `upstream` is the box's address (`http://127.0.0.1:8080`).

    The secret stands in it, or in `secret_file` that nginx includes. Raises `ConfigError` for folders whose
    names nginx's configuration cannot hold.
    """
    said = f'proxy_set_header {settings.header} "{settings.secret}";'
    secret = f"include {secret_file};" if secret_file else said
    folders, prefix = settings.places(config), settings.prefix
    places = [
        _PLACE.substitute(prefix=prefix, name=name, folder=_fit(folder), sent=_SENT)
        for name, folder in folders.items()
    ]
    return _SERVER.substitute(
        prefix=prefix,
        upstream=upstream,
        previews=_fit(folders["previews"]),
        burst=config.delivery.burst,
        types=" ".join(f"{name} {endings};" for name, endings in _TYPES.items()),
        signed=f"{_PLAIN}  {secret}",
        plain=f'{_PLAIN}  proxy_set_header {settings.header} "";',
        sent=_SENT,
        places="".join(places),
    )


def _fit(folder: Path) -> str:
    if not fits(folder):
        raise ConfigError(f"{folder}: this name cannot stand in nginx's configuration.")
    return str(folder)
