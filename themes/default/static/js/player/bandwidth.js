/** How fast the line is before the first segment: what this page's own files took, or what it was the last time. */

const MEMORY = "mam-bandwidth";
const NEAR = 20_000_000; // bits a second where nothing is known: the box is on the studio's network
const MOST = 100_000_000;
const LEAST_BYTES = 30_000; // less tells of latency, not of bandwidth
const LEAST_MS = 1;
const ENOUGH = 3; // loads

/** Bits a second to begin with. */
export function expected() {
  return Math.min(MOST, measured(performance.getEntriesByType("resource")) ?? recalled() ?? NEAR);
}

/** Bits a second of the larger files among resource timings, each counted while it came; null where none was large. */
export function measured(entries) {
  const large = entries.filter((one) => one.transferSize >= LEAST_BYTES && one.responseEnd > one.responseStart);
  if (large.length === 0) return null;
  const spans = large.map((one) => [one.responseStart, one.responseEnd]).sort((a, b) => a[0] - b[0]);
  let busy = 0;
  let reached = -Infinity;
  for (const [from, to] of spans) {
    busy += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  const bytes = large.reduce((sum, one) => sum + one.transferSize, 0);
  return (bytes * 8000) / Math.max(LEAST_MS, busy);
}

/** The slowest of the last few loads: what a line that became faster certainly gives. */
export class Recent {
  #speeds = [];

  /** Note one load; answers bits a second, or null while there were too few. */
  add(bytes, milliseconds) {
    this.#speeds = [...this.#speeds, (bytes * 8000) / Math.max(LEAST_MS, milliseconds)].slice(-ENOUGH);
    return this.#speeds.length === ENOUGH ? Math.min(...this.#speeds) : null;
  }
}

/** Whether an address came out of the browser's own cache, which tells nothing of the line. */
export function cached(address) {
  return performance.getEntriesByName(address).at(-1)?.transferSize === 0;
}

/** Keep what the player has measured, for the next film in this window. */
export function keep(bitsPerSecond) {
  if (!Number.isFinite(bitsPerSecond)) return;
  try {
    sessionStorage.setItem(MEMORY, String(Math.round(bitsPerSecond)));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // storage switched off: measured anew
  }
}

function recalled() {
  try {
    return Number(sessionStorage.getItem(MEMORY)) || null;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
