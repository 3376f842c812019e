"""ID tokens: read with the provider's keys, refused unless every claim is what we asked for.

OpenID Connect Core 3.1.3.7: issuer, audience, authorised party, times, nonce; the algorithm out of our list,
the key out of the provider's set by its id. Pure but for the keys it asks the provider for.
"""

from __future__ import annotations

import hmac
import time
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mam.errors import UnauthorizedError
from mam_auth_oidc.provider import Provider

_LONGEST = 64 * 1024


def claims_of(
    provider: Provider, token: Any, nonce: str | None, *, subject: str | None = None
) -> dict[str, Any]:
    """The claims of an ID token that holds; `UnauthorizedError` says for the log what does not.

    `nonce` is the one we sent, or None at a refresh, where none is due; `subject` is whose it has to be then
    (Core, 12.2).
    """
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST:
        raise UnauthorizedError("The provider sent no ID token.")
    claims = _verified(provider, token)
    _check_parties(provider, claims)
    _check_times(provider, claims)
    if nonce is not None and not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise UnauthorizedError("The ID token's nonce is not the one of this login.")
    if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:  # noqa: PLR2004 - Core, 2
        raise UnauthorizedError("The ID token names no subject.")
    if subject is not None and claims["sub"] != subject:
        raise UnauthorizedError("The refreshed ID token is somebody else's.")
    return claims


def _verified(provider: Provider, token: str) -> dict[str, Any]:
    allowed = list(provider.settings.algorithms)
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError):
        raise UnauthorizedError("The ID token is none.") from None
    if header.get("alg") not in allowed or "crit" in header:
        raise UnauthorizedError(f"The ID token is signed by {header.get('alg')!r}, which is not admitted.")
    keys = provider.keys()
    if not _knows(keys, header.get("kid")):
        keys = provider.keys(anew=True)
    if not _knows(keys, header.get("kid")):
        raise UnauthorizedError("The ID token is signed with a key that is not the provider's.")
    try:
        decoded = jwt.decode(token, keys, algorithms=allowed)
    except (JoseError, ValueError, TypeError):
        raise UnauthorizedError("The ID token's signature does not hold.") from None
    return dict(decoded.claims)


def _knows(keys: KeySet, kid: Any) -> bool:
    """A token without a key id is admitted where the provider has one key only."""
    if kid is None:
        return len(keys.keys) == 1
    return any(one.kid == kid for one in keys.keys)


def _check_parties(provider: Provider, claims: dict[str, Any]) -> None:
    settings = provider.settings
    if claims.get("iss") != settings.issuer:
        raise UnauthorizedError(f"The ID token is of another issuer: {str(claims.get('iss'))[:200]!r}.")
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if settings.client_id not in listed:
        raise UnauthorizedError("The ID token is for another client.")
    if (len(listed) > 1 or "azp" in claims) and claims.get("azp") != settings.client_id:
        raise UnauthorizedError("The ID token was made for another party.")


def _check_times(provider: Provider, claims: dict[str, Any]) -> None:
    skew, moment = provider.settings.clock_skew, time.time()
    for name in ("exp", "iat"):
        if isinstance(claims.get(name), bool) or not isinstance(claims.get(name), int | float):
            raise UnauthorizedError(f"The ID token has no {name}.")
    if claims["exp"] + skew <= moment:
        raise UnauthorizedError("The ID token has expired.")
    begins = claims.get("nbf", claims["iat"])
    if not isinstance(begins, int | float) or max(begins, claims["iat"]) - skew > moment:
        raise UnauthorizedError("The ID token is not valid yet.")
