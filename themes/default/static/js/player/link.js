/** The signed address of a preview: asked for, renewed before it runs out, put into addresses made of an older one. */

import { call, quietly } from "../lib/api.js";

const GRANT_SECONDS = 3600;
const RENEW_AT = 0.8; // of a grant's life
const SHORTEST = 30_000; // ms
const early = new Map(); // version -> a grant that is on its way before anybody needs it
const GRANT_IN_PATH = /\/s\/[^/]+\//;

/** Ask for a grant while the player is still being loaded; the version's first `sign()` takes it. */
export function signEarly(versionId) {
  const asked = ask(versionId);
  asked.catch(() => {}); // told to whoever takes it
  early.set(versionId, asked);
}

function ask(versionId) {
  return call("POST", "/api/sign-preview", { version_id: versionId, expires_in: GRANT_SECONDS });
}

export class Link {
  #grant = "";
  #renewal = 0;

  constructor(versionId) {
    this.versionId = versionId;
  }

  /** A new grant; answers the playlist's address. Rejects with `ApiError` where none is given. */
  async sign() {
    const asked = early.get(this.versionId) ?? ask(this.versionId);
    early.delete(this.versionId);
    const grant = await asked;
    this.#grant = GRANT_IN_PATH.exec(grant.url)?.[0] || "";
    clearTimeout(this.#renewal);
    const life = (Date.parse(grant.expires_at) - Date.now()) * RENEW_AT;
    this.#renewal = setTimeout(() => quietly(this.sign()), Math.max(SHORTEST, life));
    return grant.url;
  }

  /** An address with the newest grant in it. */
  fresh(address) {
    return this.#grant ? address.replace(GRANT_IN_PATH, () => this.#grant) : address;
  }

  end() {
    clearTimeout(this.#renewal);
  }
}
