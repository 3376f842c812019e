/**
 * All uploads of this window: a list, at most three files at a time, each from "waiting" to "done".
 *
 * States: waiting → sending ⇄ paused → verifying → done; failed (may be retried); lost (interrupted by a
 * reload: wants its file again); asking (its bytes are a master already: the reader chooses). Emits `change` (item) on every step and `asset` (item) when its asset exists.
 */

import { ApiError, call, quietly } from "../lib/api.js";
import { chooseFor } from "./duplicates.js";
import { addCaptions, paired } from "../lib/captions.js";
import { t } from "../lib/words.js";
import { hashing } from "./hashing.js";
import { Sender, explain } from "./sender.js";
import { forget, hold, interrupted, matches, remember } from "./store.js";

const FILES_AT_ONCE = 3;
const RATE_SECONDS = 5;
const checking = () => t("Checking every byte and locking the master.");
const ACTIVE = new Set(["sending", "verifying"]);

let nextKey = 1;

class Uploads extends EventTarget {
  items = [];
  #folders = new Map();
  #samples = [];

  /** Interrupted uploads of earlier pages appear as `lost`. */
  async restore() {
    for (const record of await interrupted()) {
      if (this.items.some((item) => item.uploadId === record.uploadId)) continue;
      this.#push({ ...record, file: null, state: "lost", note: t("Interrupted. Drop the same file again to go on where it stopped.") });
    }
  }

  get busy() {
    return this.items.some((item) => ACTIVE.has(item.state) || item.state === "waiting" || item.state === "asking");
  }

  /** Totals over everything not yet closed: bytes, rate in bytes a second, seconds left. */
  get total() {
    const counted = this.items.filter((item) => item.state !== "lost");
    const size = counted.reduce((sum, item) => sum + item.size, 0);
    const sent = counted.reduce((sum, item) => sum + item.sent, 0);
    const rate = this.#rate();
    const done = counted.filter((item) => item.state === "done").length;
    return { size, sent, rate, left: rate ? (size - sent) / rate : Infinity, done, count: counted.length };
  }

  /** Add dropped files: `[{file, folders: ["Day 1", "A001"]}]` into a project's folder, or onto one asset. */
  add(entries, { projectId, folderId = null, assetId = null }) {
    const batch = { size: entries.length, choice: "" }; // what the reader chose for all duplicates of this drop
    for (const { file, folders = [], captions } of assetId ? entries : paired(entries)) {
      const lost = this.items.find((item) => item.state === "lost" && matches(item, file)
        && item.projectId === projectId && (assetId === null || assetId === item.assetId));
      if (lost) {
        this.give(lost, file);
      } else {
        this.#push({
          projectId, folderId, assetId, folders, file, captions,
          name: file.name, size: file.size, lastModified: file.lastModified, state: "waiting", note: "",
          newVersion: assetId !== null, batch,
        });
      }
    }
    this.#fill();
  }

  /** Give an interrupted upload its file back; false where it is another file. */
  give(item, file) {
    if (!matches(item, file)) return false;
    item.file = file;
    this.#set(item, "waiting");
    this.#fill();
    return true;
  }

  pause(item) {
    if (!["waiting", "sending"].includes(item.state)) return;
    this.#set(item, "paused", t("Paused. What arrived is safe."));
    item.sender?.stop();
    this.#fill();
  }

  resume(item) {
    if (item.state !== "paused" && item.state !== "failed") return;
    this.#set(item, "waiting");
    this.#fill();
  }

  /** Give up: the staged bytes are freed; an asset that was made for this file alone goes too. */
  async cancel(item) {
    const before = item.state;
    this.#set(item, "cancelled");
    item.sender?.stop();
    this.items = this.items.filter((one) => one !== item);
    this.#changed(item);
    this.#fill();
    if (item.uploadId) {
      await forget(item.uploadId);
      await quietly(call("DELETE", `/api/uploads/${item.uploadId}`));
    }
    if (item.assetId && !item.newVersion && before !== "done") await quietly(call("DELETE", `/api/assets/${item.assetId}`));
  }

  /** Take finished ones off the list. */
  clear() {
    this.items = this.items.filter((item) => item.state !== "done");
    this.#changed(null);
  }

  #push(item) {
    const whole = { key: nextKey++, sent: 0, sender: null, uploadId: null, folders: [], choice: "", batch: { size: 1, choice: "" }, ...item };
    this.items.push(whole);
    this.#changed(whole);
  }

  #set(item, state, note = "") {
    Object.assign(item, { state, note });
    this.#changed(item);
  }

  #changed(item) {
    this.dispatchEvent(new CustomEvent("change", { detail: item }));
  }

  #fill() {
    const running = this.items.filter((item) => ACTIVE.has(item.state)).length;
    const next = this.items.filter((item) => item.state === "waiting").slice(0, Math.max(0, FILES_AT_ONCE - running));
    for (const item of next) this.#run(item);
  }

  async #run(item) {
    this.#set(item, "sending");
    try {
      await this.#send(item);
    } catch (error) {
      if (item.state === "sending" || item.state === "verifying") this.#set(item, "failed", explain(error));
    } finally {
      item.hash?.stop();
      item.hash = null;
      item.letGo?.();
      item.letGo = null;
      this.#fill();
    }
  }

  async #send(item) {
    if (item.size === 0) throw new ApiError(422, { detail: t("The file is empty; there is nothing to keep.") });
    const upload = await this.#begin(item);
    if (upload.duplicate_of?.length && !(await this.#choose(item, upload.duplicate_of, "sending"))) return;
    if (upload.state !== "promoted") {
      item.hash = hashing(item.file);
      item.letGo = hold(item.uploadId);
      item.sender = new Sender(item.file, upload, {
        onProgress: (sent) => this.#progress(item, sent),
        onWait: (seconds) => { item.note = t("The connection broke. Trying again in {seconds} s; what arrived is safe.", { seconds }); this.#changed(item); },
      });
      this.#progress(item, item.sender.bytes);
      if (item.state === "cancelled") await quietly(call("DELETE", `/api/uploads/${item.uploadId}`));
      if (item.state !== "sending") return; // paused or cancelled while the addresses were asked for
      await item.sender.run();
    }
    this.#set(item, "verifying", checking());
    const answer = await this.#promote(item);
    if (!answer) return; // skipped, or not decided yet
    await forget(item.uploadId);
    item.versionId = answer.version_id;
    item.sent = item.size;
    this.#set(item, "done", await this.#addCaptions(item));
    this.dispatchEvent(new CustomEvent("asset", { detail: item }));
  }

  /** The version, or null where the bytes are a master already and the reader wants no more of them. */
  async #promote(item) {
    const sha256 = (await item.hash?.value) || undefined;
    for (;;) {
      try {
        return await call("POST", "/api/promote", { upload_id: item.uploadId, duplicates: item.choice || "refuse", sha256 });
      } catch (error) {
        if (error.code === "checksum_mismatch" && !item.sentAgain) {
          await this.#sendAgain(item);
          continue;
        }
        if (error.code !== "duplicate_master") throw error;
        if (!(await this.#choose(item, error.duplicates, "verifying"))) return null;
      }
    }
  }

  /** The bytes that arrived are not those that left: send every part once more. */
  async #sendAgain(item) {
    item.sentAgain = true;
    this.#set(item, "sending", t("Bytes were damaged on the way. Sending the file once more."));
    const upload = await call("GET", `/api/uploads/${item.uploadId}`);
    item.sender = new Sender(item.file, { ...upload, received: [], parts: [] }, {
      onProgress: (sent) => this.#progress(item, sent),
      onWait: () => {},
    });
    await item.sender.run();
    this.#set(item, "verifying", checking());
  }

  /** Have the reader choose what becomes of known bytes; whether the upload goes on then, in `state`. */
  async #choose(item, known, state) {
    if (item.choice) return true;
    this.#set(item, "asking", t("You already have this master."));
    this.#fill(); // the others need not wait for the answer
    const choice = await chooseFor(item, known);
    if (item.state !== "asking") return false; // cancelled meanwhile
    if (choice === "skip") await this.cancel(item);
    else if (!choice) this.#set(item, "paused", t("You already have this master. Press Resume to choose."));
    else {
      item.choice = choice;
      this.#set(item, state, state === "verifying" ? checking() : "");
      return true;
    }
    return false;
  }

  /** The caption files that lay beside the film; one that is refused costs nothing else. Answers what to say. */
  async #addCaptions(item) {
    const refused = [];
    for (const file of item.captions || []) {
      await addCaptions(item.versionId, file).catch((error) => refused.push(error.message));
    }
    if (refused.length) return `${t("Verified and locked.")} ${refused.join(" ")}`;
    return item.captions?.length ? t("Verified and locked, captions added.") : t("Verified and locked.");
  }

  /** An open upload for the item: the one it had, if the box still knows it, else a new one. */
  async #begin(item) {
    if (item.uploadId) {
      const known = await call("GET", `/api/uploads/${item.uploadId}`).catch(gone);
      if (known && (known.state === "open" || known.state === "promoted" || known.state === "promoting")) return known;
      await forget(item.uploadId);
      item.uploadId = null;
    }
    if (!item.assetId) await this.#makeAsset(item);
    const body = { asset_id: item.assetId, filename: item.name, size: item.size };
    if (item.file.type) body.content_type = item.file.type;
    const upload = await call("POST", "/api/presign", body);
    item.uploadId = upload.upload_id;
    const { uploadId, assetId, projectId, folderId, name, size, lastModified, newVersion } = item;
    await remember({ uploadId, assetId, projectId, folderId, name, size, lastModified, newVersion });
    return { state: "open", received: [], ...upload };
  }

  async #makeAsset(item) {
    let folderId = item.folderId;
    for (const name of item.folders) folderId = await this.#folder(item.projectId, folderId, name);
    item.folderId = folderId;
    const asset = await call("POST", "/api/assets", { project_id: item.projectId, title: item.name, folder_id: folderId });
    item.assetId = asset.id;
    this.dispatchEvent(new CustomEvent("asset", { detail: item }));
  }

  /** The folder `name` below `parentId`, made where it does not exist; asked for once. */
  #folder(projectId, parentId, name) {
    const key = `${projectId}/${parentId}/${name}`;
    if (!this.#folders.has(key)) this.#folders.set(key, this.#findFolder(projectId, parentId, name));
    return this.#folders.get(key).catch((error) => {
      this.#folders.delete(key);
      throw error;
    });
  }

  async #findFolder(projectId, parentId, name) {
    const path = `/api/projects/${projectId}/folders`;
    const { items } = await call("GET", path);
    const found = items.find((folder) => folder.parent_id === parentId && folder.name === name);
    const folder = found || (await call("POST", path, { name, parent_id: parentId }));
    if (!found) this.dispatchEvent(new CustomEvent("folder", { detail: folder }));
    return folder.id;
  }

  #progress(item, sent) {
    const fresh = sent - item.sent;
    item.sent = sent;
    if (item.state === "sending") item.note = "";
    const now = performance.now();
    if (fresh > 0) this.#samples.push([now, fresh]);
    this.#changed(item);
  }

  #rate() {
    const now = performance.now();
    this.#samples = this.#samples.filter(([time]) => now - time < RATE_SECONDS * 1000);
    if (this.#samples.length < 2) return 0;
    const bytes = this.#samples.reduce((sum, [, fresh]) => sum + fresh, 0);
    return bytes / Math.max(0.5, (now - this.#samples[0][0]) / 1000);
  }
}

function gone(error) {
  if (error.status === 404 || error.status === 410) return null;
  throw error;
}

export const uploads = new Uploads();
