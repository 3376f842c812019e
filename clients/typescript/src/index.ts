/**
 * Talk to a MAM box from TypeScript: every call typed by the OpenAPI document, uploads that resume, events
 * without gaps. Needs nothing but `fetch`; runs in Node 22.18 or newer (which strips the types) and in browsers.
 */
import { OPERATIONS, type Operations } from "./api.ts";

export * from "./api.ts";

export interface Settings {
  /** Milliseconds for each request. */
  timeout?: number;
  /** Tries beside the first one. */
  retries?: number;
}

interface Problem { title?: string; detail?: string; code?: string; errors?: Array<{ field: string; message: string }> }

/** The box said no: `code` is stable, `fields` names what did not fit. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Record<string, string>;
  readonly retryAfter: number | null;

  constructor(status: number, problem: Problem, retryAfter: number | null) {
    super(`${status} ${problem.code ?? "error"}: ${problem.detail ?? problem.title ?? ""}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.fields = Object.fromEntries((problem.errors ?? []).map((one) => [one.field, one.message]));
    this.retryAfter = retryAfter;
  }
}

export interface BoxEvent { id: string; type: string; data: unknown }

type Name = keyof Operations;
type Ids<N extends Name> = Operations[N]["ids"];
export type Answer<N extends Name> = Operations[N]["answer"];

/** What goes with a call: ids of its path, its query, its body; a key to send it again under. */
export interface Given<N extends Name> {
  ids?: Ids<N>;
  query?: Operations[N]["query"];
  body?: Operations[N]["body"];
  key?: string;
  headers?: Record<string, string>;
}

/** The operations whose answer is a page of a list. */
export type Lists = { [N in Name]: Answer<N> extends { items: unknown[]; next_cursor: string | null } ? N : never }[Name];

const AGAIN = new Set([429, 503]);
const SAFE = new Set(["GET", "PUT", "DELETE"]);

export class Client {
  readonly url: string;
  readonly #key: string;
  readonly #timeout: number;
  readonly #retries: number;

  constructor(url: string, key = "", { timeout = 60_000, retries = 6 }: Settings = {}) {
    this.url = url.replace(/\/+$/, "");
    this.#key = key;
    this.#timeout = timeout;
    this.#retries = retries;
  }

  /** Send one operation; the types of what it takes and answers are the document's. */
  async call<N extends Name>(name: N, given: Given<N> = {}): Promise<Answer<N>> {
    const wire = OPERATIONS[name];
    const ids = (given.ids ?? {}) as Record<string, string>;
    const path = wire.path.replace(/\{(\w+)\}/g, (_, id: string) => encodeURIComponent(ids[id]));
    const headers: Record<string, string> = { ...given.headers };
    if (wire.repeatable) headers["Idempotency-Key"] = given.key ?? crypto.randomUUID();
    const answer = await this.fetch(wire.method, path + queryOf(given.query), given.body, headers, wire.reads === "address");
    if (wire.reads === "nothing") return undefined as Answer<N>;
    if (wire.reads === "address") return new URL(answer.headers.get("Location") ?? "", this.url).href as Answer<N>;
    if (wire.reads === "bytes") return new Uint8Array(await answer.arrayBuffer()) as Answer<N>;
    return (await answer.json()) as Answer<N>;
  }

  /** Every row of a list, page after page. */
  async *iterate<N extends Lists>(name: N, given: Given<N> = {}): AsyncGenerator<(Answer<N> & { items: unknown[] })["items"][number]> {
    let cursor: string | null = null;
    do {
      const query = { ...given.query, ...(cursor === null ? {} : { cursor }) } as Operations[N]["query"];
      const page = (await this.call(name, { ...given, query })) as { items: unknown[]; next_cursor: string | null };
      yield* page.items as never[];
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  /** Any request, by hand: repeated where that may help, an `ApiError` where the box says no. */
  async fetch(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, manual = false): Promise<Response> {
    const raw = body instanceof Uint8Array || body instanceof Blob;
    const all: Record<string, string> = { ...headers };
    if (this.#key !== "" && !/^https?:/.test(path)) all.Authorization = `Bearer ${this.#key}`;
    if (body !== undefined) all["Content-Type"] ??= raw ? "application/octet-stream" : "application/json";
    const content = body === undefined || raw ? body : JSON.stringify(body);
    const mayRepeat = SAFE.has(method) || "Idempotency-Key" in all;
    for (let tries = 0; ; tries += 1) {
      const answer = await this.#try(method, path, all, content as BodyInit | undefined, manual).catch((error: unknown) => {
        if (!mayRepeat || tries >= this.#retries) throw error;
        return null;
      });
      if (answer !== null && (answer.status < 400 || !AGAIN.has(answer.status) || tries >= this.#retries)) {
        if (answer.status >= 400) throw await problemOf(answer);
        return answer;
      }
      await answer?.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, waitOf(answer, tries)));
    }
  }

  #try(method: string, path: string, headers: Record<string, string>, body: BodyInit | undefined, manual: boolean): Promise<Response> {
    const url = /^https?:/.test(path) ? path : this.url + path;
    const redirect = manual ? "manual" : "follow";
    return fetch(url, { method, headers, body, redirect, signal: AbortSignal.timeout(this.#timeout) });
  }

  /** Send a file in parts as a version of an asset; with `uploadId` it goes on with an upload that was begun. */
  async upload(assetId: string, file: Blob, filename: string, { uploadId = "", progress }: {
    uploadId?: string; progress?: (done: number, total: number, uploadId: string) => void;
  } = {}): Promise<Answer<"promote">> {
    const body = { asset_id: assetId, filename, size: file.size };
    const upload = uploadId === ""
      ? { ...(await this.call("presign", { body })), received: [] }
      : { parts: [], ...(await this.call("get_upload", { ids: { upload_id: uploadId } })) };
    const received = new Set((upload.received as Array<{ number: number }>).map((one) => one.number));
    for (let number = 1; (number - 1) * upload.part_size < file.size; number += 1) {
      const end = Math.min(number * upload.part_size, file.size);
      if (!received.has(number)) {
        const known = (upload.parts as Operations["part_addresses"]["answer"]["parts"]).find((one) => one.number === number);
        const ids = { upload_id: upload.upload_id };
        const part = known ?? (await this.call("part_addresses", { ids, body: { numbers: [number] } })).parts[0];
        await this.fetch("PUT", part.url, file.slice(end - part.size, end), part.headers);
      }
      progress?.(end, file.size, upload.upload_id);
    }
    return this.call("promote", { body: { upload_id: upload.upload_id } });
  }

  /** Events after the id `since`, then as they happen; the line is opened again where it breaks. */
  async *events(since = "", types: string[] = []): AsyncGenerator<BoxEvent> {
    const query = types.length > 0 ? `?types=${encodeURIComponent(types.join(","))}` : "";
    for (let tries = 0; ; tries += 1) {
      const headers: Record<string, string> = { Authorization: `Bearer ${this.#key}` };
      if (since !== "") headers["Last-Event-ID"] = since;
      try {
        const answer = await fetch(`${this.url}/api/events/stream${query}`, { headers });
        if (!answer.ok) throw await problemOf(answer);
        for await (const event of messages(answer)) {
          tries = 0;
          since = event.id || since;
          if (event.type !== "ready" && event.type !== "end") yield event;
        }
      } catch (error) {
        if ((error instanceof ApiError && !AGAIN.has(error.status)) || tries >= this.#retries) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, waitOf(null, tries)));
    }
  }
}

/** Whether a webhook is the box's: `secret` as it was told, the body as it came. */
export async function verifyWebhook(secret: string, headers: Headers, body: string, tolerance = 300): Promise<boolean> {
  const stamp = headers.get("webhook-timestamp") ?? "";
  if (!(Math.abs(Date.now() / 1000 - Number(stamp)) <= tolerance) || stamp === "") return false;
  const bytes = Uint8Array.from(atob(secret.replace(/^whsec_/, "")), (one) => one.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const signed = new TextEncoder().encode(`${headers.get("webhook-id") ?? ""}.${stamp}.${body}`);
  for (const one of (headers.get("webhook-signature") ?? "").split(" ")) {
    if (!/^v1,[A-Za-z0-9+/]{43}=$/.test(one)) continue;
    const sent = Uint8Array.from(atob(one.slice(3)), (letter) => letter.charCodeAt(0));
    if (await crypto.subtle.verify("HMAC", key, sent, signed)) return true;
  }
  return false;
}

async function* messages(answer: Response): AsyncGenerator<BoxEvent> {
  const reader = answer.body!.pipeThrough(new TextDecoderStream() as never).getReader() as ReadableStreamDefaultReader<string>;
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const whole = (text + value).split("\n\n");
      text = whole.pop()!;
      for (const message of whole) {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(message)?.[1] ?? "";
        if (field("data") !== "") yield { id: field("id"), type: field("event"), data: JSON.parse(field("data")) };
      }
    }
  } finally {
    await reader.cancel();
  }
}

async function problemOf(answer: Response): Promise<ApiError> {
  const problem = (await answer.json().catch(() => ({}))) as Problem;
  return new ApiError(answer.status, problem, secondsOf(answer));
}

function secondsOf(answer: Response): number | null {
  const said = answer.headers.get("Retry-After");
  return said !== null && /^\d+$/.test(said) ? Number(said) : null;
}

function waitOf(answer: Response | null, tries: number): number {
  const drawn = Math.min(60_000, 250 * 2 ** tries) * (0.5 + Math.random() / 2);
  return Math.max(drawn, ((answer && secondsOf(answer)) ?? 0) * 1000);
}

function queryOf(query: object | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
  const pairs = given.flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, String(one)]));
  return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : "";
}
