/** Search across projects: suggestions while one types, arrows through the hits, more as one scrolls. */

import { call, fragment } from "../lib/api.js";
import { drawAll, showPictures } from "../lib/blurhash.js";
import { rove } from "../lib/grid.js";
import { go, rename } from "../lib/navigate.js";
import { attempt, make } from "../lib/ui.js";
import { t } from "../lib/words.js";

const PAUSE = 150; // milliseconds without a key before anything is asked

export function start(main) {
  const page = main.querySelector(".search-page");
  const input = page.querySelector("[data-search]");
  const box = page.querySelector("#suggested");
  let timer = 0;
  let asked = null;
  const ends = [moving(page)];

  const close = () => {
    clearTimeout(timer);
    asked?.abort();
    box.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const suggest = () => attempt(async () => {
    asked?.abort();
    asked = new AbortController();
    const q = input.value.trim();
    if (!q) return close();
    const found = await call("GET", `/api/search/suggest?q=${encodeURIComponent(q)}`, undefined, { signal: asked.signal });
    draw(box, found);
    box.hidden = box.childElementCount === 0;
    input.setAttribute("aria-expanded", String(!box.hidden));
    return undefined;
  });
  const look = (q) => { close(); input.value = q; return attempt(() => show(page)); };
  const take = (option) => (option.dataset.href ? (close(), go(option.dataset.href)) : look(option.dataset.q));
  const step = (by) => {
    const options = [...box.querySelectorAll("[role=option]")];
    const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
    for (const one of options) one.setAttribute("aria-selected", "false");
    const next = options[(at + by + (at < 0 && by < 0 ? 1 : 0) + options.length) % options.length];
    next?.setAttribute("aria-selected", "true");
    if (next) input.setAttribute("aria-activedescendant", next.id);
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(suggest, PAUSE); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !box.hidden) { event.preventDefault(); close(); }
    if (event.key === "ArrowDown" && box.hidden) { event.preventDefault(); page.querySelector(".hit-link")?.focus(); }
    if (box.hidden || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    const chosen = box.querySelector("[aria-selected=true]");
    if (event.key === "Enter") { if (chosen) { event.preventDefault(); take(chosen); } } else { event.preventDefault(); step(event.key === "ArrowDown" ? 1 : -1); }
  });
  input.addEventListener("blur", () => setTimeout(close, PAUSE));
  box.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) { event.preventDefault(); take(option); }
  });
  page.querySelector(".by").addEventListener("change", () => look(input.value.trim()));
  page.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); look(input.value.trim()); });
  return () => { close(); ends.forEach((end) => end()); };
}

function draw(box, { titles, tags, people }) {
  let number = 0;
  const option = (html, kind, data) => {
    const words = make("span", { class: "words" });
    words.innerHTML = html; // escaped by the box but for its marks
    number += 1;
    return make("div", { role: "option", id: `suggested-${number}`, "aria-selected": "false", ...data }, words, make("span", { class: "muted small" }, kind));
  };
  box.replaceChildren(
    ...titles.map((one) => option(one.html, one.project_name, { "data-href": `/assets/${one.asset_id}` })),
    ...tags.map((one) => option(one.html, t("Tag"), { "data-q": `"${one.name}"` })),
    ...people.map((one) => option(one.html, t("Person"), { "data-q": one.display_name })),
  );
}

/** Show what a search finds in place of what is there. */
async function show(page) {
  const query = new URLSearchParams([...new FormData(page.querySelector("form"))].filter(([, value]) => value));
  const fresh = (await fragment(`/search?${query}`)).querySelector(".search-page");
  rename(query.toString());
  for (const old of [...page.children]) if (!old.matches("h1, form")) old.remove();
  page.append(...[...fresh.children].filter((one) => !one.matches("h1, form")));
  drawAll(page);
  showPictures(page);
  page.dispatchEvent(new Event("hits"));
}

/** One tab stop for the hits, and the next piece of them shortly before the end. */
function moving(page) {
  let end = () => {};
  const observer = new IntersectionObserver((seen) => {
    const link = seen.find((entry) => entry.isIntersecting)?.target;
    if (!link || "asked" in link.dataset) return;
    link.dataset.asked = "";
    attempt(async () => {
      const piece = await fragment(link.dataset.more);
      page.querySelector(".hits").append(...piece.querySelectorAll(".hit"));
      const more = piece.querySelector("[data-more]");
      if (more) link.replaceWith(more);
      else link.remove();
      drawAll(page);
      showPictures(page);
      watch();
    });
  }, { rootMargin: "600px" });
  const watch = () => {
    observer.disconnect();
    const link = page.querySelector("[data-more]");
    if (link) observer.observe(link);
  };
  const begin = () => {
    end();
    const list = page.querySelector(".hits");
    end = list ? rove(list, ".hit-link") : () => {};
    watch();
  };
  page.addEventListener("hits", begin);
  begin();
  return () => { end(); observer.disconnect(); };
}
