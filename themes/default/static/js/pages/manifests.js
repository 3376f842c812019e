/** Media hash lists: a client's list is sent to be compared, and what was found is shown. */

import { ApiError, csrfToken } from "../lib/api.js";
import { attempt, make } from "../lib/ui.js";
import { t } from "../lib/words.js";

const KINDS = {
  verified: (count) => t("{count} is here, unchanged|{count} are here, unchanged", {}, count),
  missing: (count) => t("{count} is not here|{count} are not here", {}, count),
  altered: (count) => t("{count} is here by name, but with other bytes|{count} are here by name, but with other bytes", {}, count),
  unknown: (count) => t("{count} is here by name; the list’s hash is of a kind that is not kept here|{count} are here by name; the list’s hashes are of a kind that is not kept here", {}, count),
  extra: (count) => t("{count} is here and not in the list|{count} are here and not in the list", {}, count),
};
const GOOD = "verified";

export function start(main) {
  const project = main.querySelector("[data-project-id]").dataset.projectId;
  const found = main.querySelector("[data-compared]");
  main.querySelector("[data-compare]").addEventListener("change", (event) => {
    const file = event.target.files[0];
    if (file) attempt(() => compare(project, file, found));
  });
}

async function compare(project, file, found) {
  found.replaceChildren(make("p", { class: "muted" }, t("Comparing {name}…", { name: file.name })));
  try {
    const answer = await fetch(`/api/projects/${project}/mhl/compare`, {
      method: "POST",
      headers: { "X-CSRF-Token": csrfToken(), "Content-Type": "application/xml", Accept: "application/json" },
      body: file,
    });
    const data = await answer.json();
    if (!answer.ok) throw new ApiError(answer.status, data);
    found.replaceChildren(...Object.keys(KINDS).filter((kind) => data.counts[kind]).map((kind) => finding(kind, data)));
    if (!found.children.length) found.append(make("p", { class: "muted" }, t("The list names no file.")));
  } catch (error) {
    found.replaceChildren(make("p", { class: "notice bad" }, error.message));
  }
}

function finding(kind, data) {
  const paths = data[kind].map((path) => make("li", { class: "mono small" }, path));
  if (data.counts[kind] > paths.length) paths.push(make("li", { class: "muted" }, t("and {count} more", { count: data.counts[kind] - paths.length })));
  const title = make("summary", {}, KINDS[kind](data.counts[kind]));
  return make("details", { open: kind !== GOOD, "data-found": kind }, title, make("ul", {}, ...paths));
}
