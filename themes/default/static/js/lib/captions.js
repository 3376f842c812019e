/** Caption files: which they are, what their names say, how they reach a version. */

import { ApiError, csrfToken } from "./api.js";
import { t } from "./words.js";

const CAPTIONS = /\.(srt|vtt|ass|ssa|sbv|ttml|dfxp|scc|stl)$/i;
const NOTES = /^(forced|sdh|cc)$/i;
const CODE = /^[a-z]{2,3}(-[a-z0-9]{2,8})?$/i;
const LARGEST = 5 * 1024 * 1024;

/** Whether a file is one that the player shows as words. */
export function isCaptions(file) {
  return CAPTIONS.test(file.name);
}

/** What a name says: `clip.pt-BR.forced.vtt` → `{ bases: ["clip.pt-BR", "clip"], language: "pt-BR", forced: true }`. */
export function readName(name) {
  const parts = name.replace(CAPTIONS, "").split(".");
  let forced = false;
  while (parts.length > 1 && NOTES.test(parts.at(-1))) forced = /forced/i.test(parts.pop()) || forced;
  const language = parts.length > 1 && CODE.test(parts.at(-1)) ? parts.at(-1) : "";
  const bases = [parts.join("."), ...(language ? [parts.slice(0, -1).join(".")] : [])];
  return { bases, language, forced };
}

/** Files with their caption files: `[{ file, folders, captions: [File] }]`; one that belongs to none stays a file. */
export function paired(entries) {
  const place = (folders, base) => [...folders, base].join("/").toLowerCase();
  const found = entries.filter(({ file }) => !isCaptions(file)).map((entry) => ({ ...entry, captions: [] }));
  const films = new Map(found.map((entry) => [place(entry.folders || [], entry.file.name.replace(/\.[^.]+$/, "")), entry]));
  for (const entry of entries.filter(({ file }) => isCaptions(file))) {
    const film = readName(entry.file.name).bases.map((base) => films.get(place(entry.folders || [], base))).find(Boolean);
    if (film) film.captions.push(entry.file);
    else found.push({ ...entry, captions: [] });
  }
  return found;
}

/** Add a caption file to a version; throws `ApiError` with the sentence that says what is wrong with it. */
export async function addCaptions(versionId, file, { language = "", forced = false } = {}) {
  if (file.size > LARGEST) throw new ApiError(413, { detail: t("“{name}” is larger than a caption file may be (5 MiB).", { name: file.name }) });
  const said = readName(file.name);
  const query = new URLSearchParams({ language: said.language || language, forced: said.forced || forced, filename: file.name });
  const headers = { "X-CSRF-Token": csrfToken(), "Content-Type": "application/octet-stream" };
  let answer;
  try {
    answer = await fetch(`/api/versions/${versionId}/captions?${query}`, { method: "POST", body: file, headers });
  } catch {
    throw new ApiError(0, { detail: t("The box does not answer. Nothing is lost; check the network and try again.") });
  }
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({})));
}
