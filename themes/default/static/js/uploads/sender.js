/**
 * The bytes of one file: parts straight to the store, three at a time, each retried with growing waits.
 * Knows nothing of pages; tells its progress through `onProgress(sentBytes)`.
 */

import { ApiError, call } from "../lib/api.js";
import { t } from "../lib/words.js";

export const PARTS_AT_ONCE = 3; // a browser opens six connections to one host over HTTP/1.1; pages need the rest
const TRIES = 6;
const FIRST_WAIT = 1000; // milliseconds, doubled after each failure
const ADDRESSES_AT_ONCE = 100;

/** What happened to one PUT: `status` 0 means that the connection broke. */
class PartError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export class Sender {
  /** `upload`: the answer of presign or of GET /api/uploads/{id}; `onWait(seconds)` before a retry. */
  constructor(file, upload, { onProgress, onWait }) {
    Object.assign(this, { file, upload, onProgress, onWait });
    this.addresses = new Map((upload.parts || []).map((part) => [part.number, part]));
    this.sent = new Map((upload.received || []).map((part) => [part.number, part.size]));
    this.stopping = new AbortController();
  }

  get count() {
    return Math.ceil(this.file.size / this.upload.part_size);
  }

  /** Bytes that have arrived or are on their way. */
  get bytes() {
    let total = 0;
    for (const size of this.sent.values()) total += size;
    return total;
  }

  stop() {
    this.stopping.abort();
  }

  /** Send what is missing; resolves when every part has arrived. Throws the first failure that stays. */
  async run() {
    const missing = [];
    for (let number = 1; number <= this.count; number += 1) if (!this.sent.has(number)) missing.push(number);
    const lanes = Array.from({ length: Math.min(PARTS_AT_ONCE, missing.length) }, () => this.#lane(missing));
    try {
      await Promise.all(lanes);
    } catch (error) {
      this.stop();
      await Promise.allSettled(lanes);
      throw error;
    }
  }

  async #lane(missing) {
    while (missing.length > 0) {
      this.stopping.signal.throwIfAborted();
      await this.#part(missing.shift(), missing);
    }
  }

  async #part(number, upcoming) {
    for (let tried = 1; ; tried += 1) {
      try {
        await this.#put(number, await this.#address(number, upcoming));
        return;
      } catch (error) {
        this.sent.delete(number);
        this.stopping.signal.throwIfAborted();
        if (!this.#worthRetrying(error) || tried === TRIES) throw error;
        this.addresses.delete(number); // a fresh address costs one call and mends an expired one
        await this.#wait(FIRST_WAIT * 2 ** (tried - 1));
      }
    }
  }

  #worthRetrying(error) {
    return [0, 403, 408, 429].includes(error.status) || error.status >= 500;
  }

  async #address(number, upcoming) {
    if (!this.addresses.has(number)) {
      const numbers = [number, ...upcoming.filter((one) => !this.addresses.has(one))].slice(0, ADDRESSES_AT_ONCE);
      const path = `/api/uploads/${this.upload.upload_id}/parts`;
      const answer = await call("POST", path, { numbers }, { signal: this.stopping.signal });
      for (const part of answer.parts) this.addresses.set(part.number, part);
    }
    return this.addresses.get(number);
  }

  #put(number, address) {
    const start = (number - 1) * this.upload.part_size;
    const blob = this.file.slice(start, start + this.upload.part_size);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const stop = () => request.abort();
      const end = (settle, value) => {
        this.stopping.signal.removeEventListener("abort", stop);
        settle(value);
      };
      request.upload.onprogress = (event) => this.#note(number, event.loaded);
      request.onload = () => {
        if (request.status >= 200 && request.status < 300) {
          this.#note(number, blob.size);
          end(resolve);
        } else end(reject, new PartError(request.status, sentence(request)));
      };
      request.onerror = () => end(reject, new PartError(0, t("The connection to the store broke.")));
      request.onabort = () => end(reject, new DOMException("stopped", "AbortError"));
      request.open("PUT", address.url);
      for (const [name, value] of Object.entries(address.headers || {})) request.setRequestHeader(name, value);
      this.stopping.signal.addEventListener("abort", stop);
      request.send(blob);
    });
  }

  #note(number, bytes) {
    this.sent.set(number, bytes);
    this.onProgress(this.bytes);
  }

  /** Wait, but go on at once when the network comes back. */
  #wait(milliseconds) {
    this.onWait(Math.round(milliseconds / 1000));
    return new Promise((resolve, reject) => {
      const cleared = (settle) => (value) => {
        clearTimeout(timer);
        removeEventListener("online", go);
        this.stopping.signal.removeEventListener("abort", halt);
        settle(value);
      };
      const go = cleared(resolve);
      const halt = cleared(() => reject(this.stopping.signal.reason));
      const timer = setTimeout(go, milliseconds);
      addEventListener("online", go);
      this.stopping.signal.addEventListener("abort", halt);
    });
  }
}

/** The problem's sentence in a refused PUT, else a plain one. */
function sentence(request) {
  try {
    return JSON.parse(request.responseText).detail || t("The store answered {status}.", { status: request.status });
  } catch {
    return t("The store answered {status}.", { status: request.status });
  }
}

/** What to tell the reader: what happened, what is safe, what to do. */
export function explain(error) {
  if (error instanceof PartError && error.status === 0) {
    return t("The connection broke. Parts that arrived are safe; press Retry to send the rest.");
  }
  if (error.name === "NotReadableError" || error.name === "NotFoundError") {
    return t("The file cannot be read any more: moved, changed or unplugged? Nothing was promoted; choose it again.");
  }
  if (error instanceof ApiError || error instanceof PartError) return error.message;
  return `${error.message} ${t("Nothing was promoted; press Retry.")}`;
}
