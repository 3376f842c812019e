/** Settings that this browser keeps for the next film; with storage switched off they hold for the page. */

const PREFIX = "mam-";

/** What was kept under a name, if it `fits(kept)`; else `otherwise`. */
export function recall(name, fits, otherwise) {
  try {
    const kept = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
    return kept !== null && fits(kept) ? kept : otherwise;
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError) return otherwise;
    throw error;
  }
}

/** Keep a value; null forgets it. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // storage switched off or full
  }
}
