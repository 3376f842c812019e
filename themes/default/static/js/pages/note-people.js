/** Who else has this page open now, as initials; the server tells it on the page's own stream. */

import { make } from "../lib/ui.js";
import { t } from "../lib/words.js";
import { colourOf } from "./note-parts.js";

const SHOWN = 5;

/** Draw the others than `me` into `mount`. */
export function drawPeople(mount, people, me) {
  const others = people.filter((one) => one.id !== me);
  mount.hidden = others.length === 0;
  const names = others.map((one) => one.display_name).join(", ");
  mount.setAttribute("aria-label", others.length ? t("Also here: {names}", { names }) : "");
  mount.replaceChildren(...others.slice(0, SHOWN).map((one) => make(
    "span", { class: "avatar", "data-by": colourOf(one), title: t("{name} is here", { name: one.display_name }), "aria-hidden": "true" }, initials(one.display_name),
  )));
  if (others.length > SHOWN) mount.append(make("span", { class: "avatar", title: names, "aria-hidden": "true" }, `+${others.length - SHOWN}`));
}

function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
}
