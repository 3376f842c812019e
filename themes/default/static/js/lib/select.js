/** Choosing several cards: by box, by Ctrl and Shift, by keys, by drawing a frame round them. */

const CARD = ".card[data-asset-id]";
const SLACK = 6; // pixels before a press becomes a frame

/**
 * Let the cards of `grid` be chosen. `tell(cards)` hears of every change. Answers `{cards, clear, all, end}`:
 * the chosen cards in their order, choose nothing, choose all that are shown, stop.
 */
export function selection(grid, tell) {
  let anchor = null;
  const all = () => [...grid.querySelectorAll(CARD)].filter((card) => card.dataset.assetId);
  const box = (card) => card.querySelector(".pick input");
  const isOn = (card) => box(card)?.checked ?? false;
  const cards = () => all().filter(isOn);
  const set = (card, on) => {
    if (!box(card)) return;
    box(card).checked = on;
    card.classList.toggle("chosen", on);
  };
  const changed = () => {
    const chosen = cards();
    grid.classList.toggle("choosing", chosen.length > 0);
    tell(chosen);
  };
  const toggle = (card) => { set(card, !isOn(card)); anchor = card; changed(); };
  const reach = (card) => {
    const list = all();
    const from = Math.max(0, list.indexOf(anchor?.isConnected ? anchor : card));
    const to = list.indexOf(card);
    list.forEach((one, at) => set(one, at >= Math.min(from, to) && at <= Math.max(from, to)));
    changed();
  };
  const clear = () => { for (const card of all()) set(card, false); anchor = null; changed(); };
  const everything = () => { for (const card of all()) set(card, true); changed(); };

  const onClick = (event) => {
    const card = event.target.closest(CARD);
    if (!card) return;
    if (event.target.closest(".pick")) {
      if (!event.target.matches("input")) return; // the label's own click follows as one of its box
      if (event.shiftKey) reach(card);
      else { card.classList.toggle("chosen", isOn(card)); anchor = card; changed(); }
    } else if (event.target.closest(".card-link") && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (event.shiftKey) reach(card);
      else toggle(card);
    }
  };
  const onKey = (event) => {
    if (!event.target.matches(".card-link")) return;
    const card = event.target.closest(CARD);
    if (event.key === " " && card) { event.preventDefault(); toggle(card); return; }
    if (!event.shiftKey || !event.key.startsWith("Arrow")) return;
    anchor ??= card; // the focus has moved on by now
    const here = document.activeElement.closest(CARD);
    if (here) reach(here);
  };
  const observer = new MutationObserver(() => changed());
  observer.observe(grid, { childList: true });
  grid.addEventListener("click", onClick);
  grid.addEventListener("keydown", onKey);
  const endFrame = frame(grid, (inside, more) => {
    for (const card of all()) set(card, inside(card) || (more && isOn(card)));
    changed();
  });
  return {
    cards, clear, all: everything,
    end: () => { observer.disconnect(); endFrame(); grid.removeEventListener("click", onClick); grid.removeEventListener("keydown", onKey); },
  };
}

/** A frame drawn with the mouse over the shelf: `choose(inside, more)` while it grows. */
function frame(grid, choose) {
  const shelf = grid.parentElement;
  const onDown = (event) => {
    const free = event.target === shelf || event.target === grid;
    if (!free || event.button !== 0 || event.pointerType !== "mouse") return;
    const from = { x: event.pageX, y: event.pageY };
    const drawn = document.createElement("div");
    drawn.className = "rubber";
    const more = event.shiftKey || event.ctrlKey || event.metaKey;
    const onMove = (move) => {
      const area = { left: Math.min(from.x, move.pageX), top: Math.min(from.y, move.pageY), right: Math.max(from.x, move.pageX), bottom: Math.max(from.y, move.pageY) };
      if (!drawn.isConnected && area.right - area.left < SLACK && area.bottom - area.top < SLACK) return;
      if (!drawn.isConnected) document.body.append(drawn);
      drawn.style.setProperty("left", `${area.left}px`);
      drawn.style.setProperty("top", `${area.top}px`);
      drawn.style.setProperty("width", `${area.right - area.left}px`);
      drawn.style.setProperty("height", `${area.bottom - area.top}px`);
      choose((card) => meets(card, area), more);
    };
    const onUp = () => {
      removeEventListener("pointermove", onMove);
      removeEventListener("pointerup", onUp);
      removeEventListener("pointercancel", onUp);
      if (!drawn.isConnected && !more) choose(() => false, false);
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
