/** Choosing several cards: by box, by Ctrl and Shift, by keys, by drawing a frame round them; also cards out of sight. */

import { attempt } from "./ui.js";

const CARD = ".card[data-asset-id]";
const SLACK = 6; // pixels before a press becomes a frame
const REACHING = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

/**
 * Let the cards of `shelf` be chosen. `tell(count)` hears of every change. Answers `{cards, has, clear, all, end}`:
 * `{assetId, versionId}` of what is chosen, whether an asset is, choose nothing, choose the whole list, stop.
 */
export function selection(shelf, tell) {
  const { grid } = shelf;
  const chosen = new Map(); // asset id → version id
  let anchor = null; // asset id
  let asked = 0;
  const paint = () => {
    for (const card of grid.querySelectorAll(CARD)) {
      const box = card.querySelector(".pick input");
      const on = chosen.has(card.dataset.assetId);
      if (box && box.checked !== on) box.checked = on;
      if (card.classList.contains("chosen") !== on) card.classList.toggle("chosen", on);
    }
  };
  const changed = () => {
    paint();
    grid.classList.toggle("choosing", chosen.size > 0);
    tell(chosen.size);
  };
  const set = (id, on, version = null) => {
    if (on && id) chosen.set(id, version);
    else chosen.delete(id);
  };
  const toggle = (card) => {
    const { assetId, versionId } = card.dataset;
    set(assetId, !chosen.has(assetId), versionId);
    anchor = assetId;
    asked += 1;
    changed();
  };
  /** Choose just what lies between two places; the list's far parts may have to be asked for. */
  const span = async (from, to) => {
    asked += 1;
    const mine = asked;
    const ids = await shelf.ids(Math.min(from, to), Math.max(from, to) + 1);
    if (mine !== asked) return; // another choice overtook this one
    chosen.clear();
    for (const [id, version] of ids) chosen.set(id, version);
    changed();
  };
  const reach = (place) => attempt(() => {
    const start = anchor && shelf.find(anchor);
    return span(start ? shelf.place(start) : place, place);
  });
  const clear = () => { asked += 1; chosen.clear(); anchor = null; changed(); };

  const onClick = (event) => {
    const card = event.target.closest(CARD);
    if (!card) return;
    if (event.target.closest(".pick")) {
      if (!event.target.matches("input")) return; // the label's own click follows as one of its box
      if (event.shiftKey) reach(shelf.place(card));
      else toggle(card);
    } else if (event.target.closest(".card-link") && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (event.shiftKey) reach(shelf.place(card));
      else toggle(card);
    }
  };
  const onKey = (event) => {
    if (!event.target.matches(".card-link")) return;
    const card = event.target.closest(CARD);
    if (event.key === " " && card) { event.preventDefault(); toggle(card); return; }
    if (!event.shiftKey || !REACHING.includes(event.key)) return;
    anchor ??= card?.dataset.assetId; // the focus has moved on by now, or is on its way
    if (shelf.aimed !== undefined) reach(shelf.aimed);
  };
  const onGone = ({ detail: id }) => { if (chosen.delete(id)) changed(); };
  const handlers = { click: onClick, keydown: onKey, gone: onGone, anew: clear };
  for (const [name, handler] of Object.entries(handlers)) grid.addEventListener(name, handler);
  const observer = new MutationObserver(paint);
  observer.observe(grid, { childList: true });
  const endFrame = frame(shelf, (inside, more) => {
    if (!more) chosen.clear();
    for (const card of inside) set(card.dataset.assetId, true, card.dataset.versionId);
    asked += 1;
    changed();
  });
  return {
    cards: () => [...chosen].map(([assetId, versionId]) => ({ assetId, versionId })),
    has: (assetId) => chosen.has(assetId),
    clear,
    all: () => attempt(() => span(0, shelf.count - 1)),
    end: () => {
      observer.disconnect();
      endFrame();
      for (const [name, handler] of Object.entries(handlers)) grid.removeEventListener(name, handler);
    },
  };
}

/** A frame drawn with the mouse over the shelf: `choose(cards inside, more)` while it grows. */
function frame({ grid }, choose) {
  const shelf = grid.parentElement;
  const onDown = (event) => {
    const free = event.target === shelf || event.target === grid;
    if (!free || event.button !== 0 || event.pointerType !== "mouse") return;
    const from = { x: event.pageX, y: event.pageY };
    const drawn = document.createElement("div");
    drawn.className = "rubber";
    const more = event.shiftKey || event.ctrlKey || event.metaKey;
    const met = new Set(); // cards that left the page while the frame grew
    const onMove = (move) => {
      const area = { left: Math.min(from.x, move.pageX), top: Math.min(from.y, move.pageY), right: Math.max(from.x, move.pageX), bottom: Math.max(from.y, move.pageY) };
      if (!drawn.isConnected && area.right - area.left < SLACK && area.bottom - area.top < SLACK) return;
      if (!drawn.isConnected) document.body.append(drawn);
      drawn.style.setProperty("left", `${area.left}px`);
      drawn.style.setProperty("top", `${area.top}px`);
      drawn.style.setProperty("width", `${area.right - area.left}px`);
      drawn.style.setProperty("height", `${area.bottom - area.top}px`);
      for (const card of grid.querySelectorAll(CARD)) {
        if (meets(card, area)) met.add(card);
        else met.delete(card);
      }
      choose(met, more);
    };
    const onUp = () => {
      removeEventListener("pointermove", onMove);
      removeEventListener("pointerup", onUp);
      removeEventListener("pointercancel", onUp);
      if (!drawn.isConnected && !more) choose([], false);
      drawn.remove();
    };
    event.preventDefault();
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", onUp);
    addEventListener("pointercancel", onUp);
  };
  shelf.addEventListener("pointerdown", onDown);
  return () => shelf.removeEventListener("pointerdown", onDown);
}

function meets(card, area) {
  const own = card.getBoundingClientRect();
  return own.right + scrollX > area.left && own.left + scrollX < area.right && own.bottom + scrollY > area.top && own.top + scrollY < area.bottom;
}
