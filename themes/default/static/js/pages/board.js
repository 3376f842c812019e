/** The board of a project: cards by state, kept true live, paged as they are scrolled; one's own decision by drag or key. */

import { call, fragment, quietly } from "../lib/api.js";
import { drawAll, showPictures } from "../lib/blurhash.js";
import { bind } from "../lib/keys.js";
import { listen } from "../lib/live.js";
import { attempt, toast } from "../lib/ui.js";
import { date, t } from "../lib/words.js";
import { askNote } from "./board-note.js";
import { decide } from "./decide.js";

const SETTLE = 150; // ms in which several events are one look
const COLUMNS = ["none", "in_review", "changes_requested", "approved"];
const MEANS = { approved: "approved", changes_requested: "changes_requested", in_review: "pending" };

export function start(main) {
  const board = new Board(main.querySelector(".board-page"));
  return () => board.end();
}

class Board {
  #changed = new Set();
  #timer = 0;

  constructor(page) {
    this.page = page;
    this.projectId = page.dataset.projectId;
    this.ends = [
      listen(`/api/preview/events?project_id=${this.projectId}`, { change: (change) => this.#note(change) }),
      bind({
        "Shift+a": () => this.#byKey("approved"),
        "Shift+r": () => this.#byKey("changes_requested"),
      }),
      this.#more(),
      () => clearTimeout(this.#timer),
    ];
    page.addEventListener("keydown", (event) => this.#walk(event));
    page.addEventListener("focusin", (event) => { if (event.target.matches(".board-card a")) this.#stop(event.target); });
    this.#drags();
    for (const link of page.querySelectorAll("[data-view-to]")) {
      link.addEventListener("click", () => { document.cookie = `mam_view=${link.dataset.viewTo}; path=/; max-age=31536000; samesite=lax`; });
    }
    this.#dress(page);
    this.#stop(page.querySelector(".board-card a"));
    const columns = page.querySelector(".board");
    if (columns.scrollWidth > columns.clientWidth) columns.scrollLeft = columns.children[1].offsetLeft - columns.offsetLeft; // on a phone: what is in review
  }

  end() {
    this.ends.forEach((end) => end());
  }

  /** Times in the reader's own words; pictures once they are there. */
  #dress(root) {
    for (const time of root.querySelectorAll("time[data-when]")) time.textContent = date(time.dateTime, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    drawAll(root);
    showPictures(root);
  }

  // --- live ---------------------------------------------------------------------------------

  #note({ asset_id: id }) {
    if (!id) return;
    this.#changed.add(id);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => quietly(this.#look()), SETTLE);
  }

  async #look() {
    const ids = [...this.#changed];
    this.#changed.clear();
    await Promise.all([this.#count(), ...ids.map((id) => this.#redraw(id))]);
  }

  async #count() {
    const counts = await call("GET", `/api/projects/${this.projectId}/board/counts`);
    for (const [name, count] of Object.entries(counts)) {
      for (const one of this.page.querySelectorAll(`[data-count="${name}"]`)) one.textContent = count;
    }
    this.page.querySelector("[data-overdue]").hidden = counts.overdue === 0;
  }

  /** One card as the server sees it now, in its column and place; gone where the asset is. */
  async #redraw(id) {
    const found = () => this.page.querySelector(`.board-card[data-asset-id="${CSS.escape(id)}"]`);
    let fresh = null;
    try {
      fresh = (await fragment(`/assets/${id}/board-card`)).querySelector(".board-card");
    } catch (error) {
      if (error.status !== 404) throw error;
    }
    const old = found();
    const focused = old?.contains(document.activeElement);
    const next = focused && this.#beside(old);
    old?.remove();
    if (fresh && (this.page.dataset.waiting !== "true" || "mine" in fresh.dataset)) {
      this.#place(fresh);
      this.#dress(fresh);
      if (focused) fresh.querySelector("a").focus();
    } else if (focused) next?.focus();
    this.#tell();
  }

  /** In review by due date; elsewhere what came last stands first. */
  #place(card) {
    const list = this.#list(card.dataset.column);
    const due = (one) => one.dataset.due || "9999";
    const after = card.dataset.column === "in_review" && [...list.querySelectorAll(".board-card")].find((one) => due(one) > due(card));
    if (after) after.before(card);
    else if (card.dataset.column === "in_review") list.querySelector(".board-more")?.before(card) ?? list.append(card);
    else list.prepend(card);
    card.querySelector("a").tabIndex = -1;
  }

  #tell() {
    for (const column of this.page.querySelectorAll(".board-column")) {
      column.querySelector(".board-none").hidden = column.querySelector(".board-card, .board-more") !== null;
    }
  }

  #list(name) {
    return this.page.querySelector(`.board-column[data-name="${name}"] .board-cards`);
  }

  // --- paging -------------------------------------------------------------------------------

  #more() {
    const observer = new IntersectionObserver((seen) => {
      for (const { isIntersecting, target } of seen) if (isIntersecting) attempt(() => this.#append(target, observer));
    }, { rootMargin: "600px" });
    for (const link of this.page.querySelectorAll("[data-more]")) observer.observe(link);
    this.page.addEventListener("click", (event) => {
      const link = event.target.closest("[data-more]");
      if (!link) return;
      event.preventDefault();
      attempt(() => this.#append(link, observer));
    });
    return () => observer.disconnect();
  }

  async #append(link, observer) {
    if (link.dataset.asked !== undefined) return;
    link.dataset.asked = "";
    try {
      const piece = await fragment(link.dataset.more);
      const row = link.closest(".board-more");
      const known = new Set([...this.page.querySelectorAll(".board-card")].map((card) => card.dataset.assetId));
      const cards = [...piece.querySelectorAll(".board-card")].filter((card) => !known.has(card.dataset.assetId));
      for (const card of cards) { card.querySelector("a").tabIndex = -1; row.before(card); this.#dress(card); }
      const more = piece.querySelector("[data-more]");
      observer.unobserve(link);
      if (more) { row.replaceChildren(more); observer.observe(more); } else row.remove();
    } catch (error) {
      delete link.dataset.asked;
      throw error;
    }
  }

  // --- keys ---------------------------------------------------------------------------------

  /** One tab stop for the whole board. */
  #stop(link) {
    for (const other of this.page.querySelectorAll(".board-card a")) other.tabIndex = other === link ? 0 : -1;
  }

  #walk(event) {
    if (!event.target.matches?.(".board-card a") || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    const card = event.target.closest(".board-card");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const target = step ? this.#cards(card)[this.#cards(card).indexOf(card) + step] : side && this.#sideways(card, side);
    if (!step && !side) return;
    event.preventDefault();
    target?.querySelector("a").focus();
    target?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #cards(card) {
    return [...card.parentElement.querySelectorAll(".board-card")];
  }

  #sideways(card, side) {
    const at = this.#cards(card).indexOf(card);
    for (let column = COLUMNS.indexOf(card.dataset.column) + side; COLUMNS[column]; column += side) {
      const there = this.#list(COLUMNS[column]).querySelectorAll(".board-card");
      if (there.length > 0) return there[Math.min(at, there.length - 1)];
    }
    return null;
  }

  #beside(card) {
    return (card.nextElementSibling ?? card.previousElementSibling)?.querySelector("a");
  }

  #byKey(decision) {
    const card = document.activeElement?.closest?.(".board-card");
    if (!card) return false;
    attempt(() => this.#decide(card, decision));
    return true;
  }

  // --- drag ---------------------------------------------------------------------------------

  #drags() {
    let moving = null;
    this.page.addEventListener("dragstart", (event) => {
      moving = event.target.closest?.(".board-card");
      if (!moving) return;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", moving.querySelector(".title").textContent);
      moving.classList.add("moving");
      this.#list("none").parentElement.classList.add("no");
    });
    const over = (event) => {
      const column = moving && event.target.closest?.(".board-column");
      return column && column.dataset.name in MEANS && column.dataset.name !== moving.dataset.column ? column : null;
    };
    this.page.addEventListener("dragover", (event) => {
      const column = over(event);
      for (const one of this.page.querySelectorAll(".board-column.over")) if (one !== column) one.classList.remove("over");
      if (!column) return;
      event.preventDefault();
      column.classList.add("over");
    });
    this.page.addEventListener("drop", (event) => {
      const column = over(event);
      if (!column) return;
      event.preventDefault();
      const card = moving;
      attempt(() => this.#decide(card, MEANS[column.dataset.name]));
    });
    this.page.addEventListener("dragend", () => {
      moving?.classList.remove("moving");
      moving = null;
      for (const one of this.page.querySelectorAll(".over, .no")) one.classList.remove("over", "no");
    });
  }

  /** One's own decision, nobody else's: the card moves where the rule then puts it. */
  async #decide(card, decision) {
    const { versionId, assetId } = card.dataset;
    const note = decision === "changes_requested" ? await askNote(card.querySelector(".title").textContent) : "";
    if (note === null) return;
    const { mine } = await call("GET", `/api/versions/${versionId}/approvals`);
    if (decision === "pending" && !mine) {
      toast(t("You have not decided anything here. A review is asked for on the asset's own page."));
      return;
    }
    await decide(versionId, decision, note, mine, () => this.#note({ asset_id: assetId }));
    await Promise.all([this.#redraw(assetId), this.#count()]);
  }
}
