/** Passkeys between the box's JSON (bytes as base64url) and the browser, which wants buffers. */

/** Whether this page may ask for passkeys at all: a secure context, by a name. */
export function able() {
  return window.isSecureContext && Boolean(window.PublicKeyCredential) && !/^[\d.]+$|^\[/.test(location.hostname);
}

/** A new passkey for the options of the box, as the box takes it. */
export async function register(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: (options.excludeCredentials || []).map((one) => ({ ...one, id: bytes(one.id) })),
  };
  const made = await navigator.credentials.create({ publicKey });
  const { clientDataJSON, attestationObject } = made.response;
  return credential(made, { clientDataJSON, attestationObject });
}

/** The answer of a passkey to the options of the box, as the box takes it. */
export async function sign(options) {
  const given = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: [] } });
  const { clientDataJSON, authenticatorData, signature } = given.response;
  return credential(given, { clientDataJSON, authenticatorData, signature });
}

function credential(one, buffers) {
  const response = Object.fromEntries(Object.entries(buffers).map(([name, buffer]) => [name, text(buffer)]));
  return { id: one.id, rawId: text(one.rawId), type: one.type, response };
}

function bytes(base64url) {
  return Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
}

function text(buffer) {
  const raw = Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join("");
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
