"""A real OpenID Connect provider for the tests: Authlib's authorisation server on Flask, on loopback.

People log in there by a form field; `twist` changes an ID token before it is signed, so that the tests can be
the attacker whom the real provider would not be.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin, grants, list_to_scope
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from werkzeug.serving import make_server

CLIENT_ID = "mam"
CLIENT_SECRET = "a client secret: with + and %"  # noqa: S105 - of a provider that lives for one test


@dataclass
class Account:
    """Somebody at the provider."""

    sub: str
    email: str
    name: str = "Ana Person"
    email_verified: bool = True
    groups: list[str] = field(default_factory=list)
    active: bool = True

    def get_user_id(self) -> str:
        return self.sub


@dataclass
class Client(ClientMixin):
    """The one client: confidential, with one exact redirect URI."""

    redirect_uri: str = ""
    client_id: str = CLIENT_ID

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return list_to_scope([one for one in scope.split() if one in ("openid", "profile", "email")])

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


@dataclass
class Code(AuthorizationCodeMixin):
    """An authorisation code with what it is bound to."""

    code: str
    user: Account
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    auth_time: int = field(default_factory=lambda: int(time.time()))

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Token(TokenMixin):
    """An access token and the refresh token beside it."""

    values: dict[str, Any]
    user: Account
    spent: bool = False

    def check_client(self, client: Client) -> bool:
        return client.client_id == CLIENT_ID

    def get_scope(self) -> str:
        return self.values.get("scope", "")

    def get_expires_in(self) -> int:
        return self.values["expires_in"]

    def is_expired(self) -> bool:
        return False

    def is_revoked(self) -> bool:
        return self.spent


class Provider:
    """The server; `people`, `keys`, `metadata` and `twist` may be changed by a test at any time."""

    def __init__(self) -> None:
        """One key, nobody known."""
        self.people: dict[str, Account] = {}
        self.keys = [RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})]
        self.signing: Any = self.keys[0]
        self.alg = "RS256"
        self.twist: Callable[[dict[str, Any]], None] = lambda _claims: None
        self.metadata: dict[str, Any] = {}
        self.query: dict[str, str] = {}
        self.client = Client()
        self.codes: dict[str, Code] = {}
        self.tokens: list[Token] = []
        self.key_reads = 0
        self.forms: list[dict[str, str]] = []
        self.app = self._app()

    def start(self) -> None:
        """Serve on a free port of 127.0.0.1, in plain http, which Authlib has to be told."""
        os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._thread.join(20)
        self._server.server_close()

    def sign(self, claims: dict[str, Any]) -> str:
        """An ID token of these claims, as it is signed at the moment."""
        self.twist(claims)
        if self.alg in ("none", "HS256"):  # joserfc signs neither; an attacker does
            return _forged(self.alg, claims, self.keys[0].as_pem(private=False))
        header = {"alg": self.alg, "kid": self.signing.kid}
        return jwt.encode(header, claims, self.signing, algorithms=[self.alg])

    def rotate(self) -> None:
        """From now on another key, of another kind."""
        self.signing = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
        self.keys, self.alg = [self.signing], "ES256"

    def _app(self) -> Flask:
        app = Flask("provider")
        app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
        server = AuthorizationServer(
            app, query_client=lambda name: self.client if name == CLIENT_ID else None, save_token=self._save
        )
        server.register_grant(_code_grant(self), [_OpenID(self), CodeChallenge(required=True)])
        server.register_grant(_refresh_grant(self), [_OpenID(self)])
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._describe)
        app.add_url_rule("/jwks", view_func=self._keys)
        app.add_url_rule("/userinfo", view_func=self._userinfo)
        app.add_url_rule("/authorize", view_func=lambda: self._authorize(server))
        app.add_url_rule("/token", "token", lambda: self._token(server), methods=["POST"])
        return app

    def _describe(self) -> Response:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        return jsonify({**found, **self.metadata})

    def _keys(self) -> Response:
        self.key_reads += 1
        return jsonify({"keys": [one.as_dict(private=False) for one in self.keys]})

    def _authorize(self, server: AuthorizationServer) -> Response:
        """Whoever is named by `login` agrees at once; the test adds it as a person fills a form."""
        who = self.people.get(request.args.get("login", ""))
        grant = server.get_consent_grant(end_user=who)
        return server.create_authorization_response(request, grant_user=who, grant=grant)

    def _token(self, server: AuthorizationServer) -> Response:
        self.forms.append(request.form.to_dict())
        return server.create_token_response()

    def _save(self, values: dict[str, Any], made_for: Any) -> None:
        self.tokens.append(Token(values, made_for.user))

    def _userinfo(self) -> Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        token = next((one for one in self.tokens if one.values["access_token"] == given), None)
        if token is None:
            return Response('{"error": "invalid_token"}', 401, content_type="application/json")
        return jsonify(_claims(token.user))


class _OpenID(OpenIDCode):
    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(one.nonce == nonce for one in self.provider.codes.values())

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        moment = int(time.time())
        claims = {"iss": self.provider.issuer, "aud": CLIENT_ID, "iat": moment, "exp": moment + 300}
        if request.authorization_code:
            claims |= self.get_authorization_code_claims(request.authorization_code)
        return self.provider.sign({**claims, **_claims(request.user)})


def _claims(user: Account) -> UserInfo:
    return UserInfo(
        sub=user.sub, name=user.name, email=user.email,
        email_verified=user.email_verified, groups=user.groups,
    )  # fmt: skip


def _code_grant(provider: Provider) -> type:
    class CodeGrant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code: str, request: Any) -> None:
            data = request.payload.data
            provider.codes[code] = Code(
                code, request.user, request.payload.redirect_uri, request.scope or "openid",
                data.get("nonce"), data.get("code_challenge"), data.get("code_challenge_method"),
            )  # fmt: skip

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            provider.codes.pop(authorization_code.code, None)

        def authenticate_user(self, authorization_code: Code) -> Account:
            return authorization_code.user

    return CodeGrant


def _refresh_grant(provider: Provider) -> type:
    class RefreshGrant(grants.RefreshTokenGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)
        INCLUDE_NEW_REFRESH_TOKEN = True

        def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
            found = [one for one in provider.tokens if one.values.get("refresh_token") == refresh_token]
            return next((one for one in found if not one.spent and one.user.active), None)

        def authenticate_user(self, refresh_token: Token) -> Account:
            return refresh_token.user

        def revoke_old_credential(self, refresh_token: Token) -> None:
            refresh_token.spent = True

    return RefreshGrant


def _forged(alg: str, claims: dict[str, Any], secret: bytes) -> str:
    """A token without a signature, or with one by the public key's own text as an HMAC secret."""
    parts = [json.dumps(one).encode() for one in ({"alg": alg, "kid": "one"}, claims)]
    body = ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts)
    mac = hmac.digest(secret, body.encode(), "sha256") if alg == "HS256" else b""
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def foreign_key() -> RSAKey:
    """A key that the provider never had, under the name of its own."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)})
