/** One tab stop for a whole grid of links; arrows move by what is beside, above and below on the screen. */

const NEXT = { ArrowLeft: -1, ArrowRight: 1 };

/**
 * Give `root` a roving tab stop over `selector`. Answers the end of it. `step(link, key)` moves instead, and answers
 * whether it did: for a list of which only a part is in the page.
 */
export function rove(root, selector, step = null) {
  const links = () => [...root.querySelectorAll(selector)];
  const stop = (link) => {
    for (const other of root.querySelectorAll(`${selector}[tabindex="0"]`)) other.tabIndex = -1;
    link.tabIndex = 0;
  };
  const refresh = () => {
    const all = links();
    for (const link of all) if (!link.hasAttribute("tabindex")) link.tabIndex = -1;
    if (all.length > 0 && !all.some((link) => link.tabIndex === 0)) all[0].tabIndex = 0;
  };
  const onFocus = (event) => { if (event.target.matches(selector)) stop(event.target); };
  const onKey = (event) => {
    if (!event.target.matches(selector)) return;
    if (step) {
      if (step(event.target, event.key)) event.preventDefault();
      return;
    }
    const target = wanted(links(), event.target, event.key);
    if (!target) return;
    event.preventDefault();
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  };
  const observer = new MutationObserver(refresh);
  observer.observe(root, { childList: true });
  root.addEventListener("focusin", onFocus);
  root.addEventListener("keydown", onKey);
  refresh();
  return () => {
    observer.disconnect();
    root.removeEventListener("focusin", onFocus);
    root.removeEventListener("keydown", onKey);
  };
}

function wanted(all, here, key) {
  const at = all.indexOf(here);
  if (key in NEXT) return all[at + NEXT[key]];
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  if (key === "ArrowDown") return nearest(all.slice(at + 1), here, 1);
  if (key === "ArrowUp") return nearest(all.slice(0, at).reverse(), here, -1);
  return null;
}

/** The first in order that lies in another row and nearest below or above. */
function nearest(candidates, here, direction) {
  const box = here.getBoundingClientRect();
  let best = null;
  let bestRow = null;
  for (const candidate of candidates) {
    const other = candidate.getBoundingClientRect();
    if ((other.top - box.top) * direction < box.height / 2) continue;
    bestRow ??= other.top;
    if (Math.abs(other.top - bestRow) > 4) break;
    const distance = Math.abs(other.left - box.left);
    if (!best || distance < best.distance) best = { candidate, distance };
  }
  return best?.candidate ?? null;
}
