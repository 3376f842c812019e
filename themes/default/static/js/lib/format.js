/** Numbers in words people read: bytes, rates, spans of time, in the page's language. */

import { date, number, t } from "./words.js";

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** 1 234 567 → "1.2 MB"; decimal units, as drives are sold. */
export function bytes(count) {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

/** Bytes a second → "84 MB/s". */
export function rate(bytesPerSecond) {
  return `${bytes(bytesPerSecond)}/s`;
}

/** Seconds → "45 s", "3 min", "2 h 05 min"; for time left, so never too exact. */
export function span(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 90) return `${whole} s`;
  if (whole < 5400) return `${Math.round(whole / 60)} min`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`; // symbols, the same everywhere
}

/** Seconds → "1:02:03" or "2:03"; for badges. */
export function clock(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** ISO time → "just now", "5 min ago", "3 h ago", "2 Nov". */
export function ago(iso, now = Date.now()) {
  const then = Date.parse(iso);
  const seconds = (now - then) / 1000;
  if (seconds < 60) return t("just now");
  if (seconds < 3600) return t("{minutes} min ago", { minutes: Math.floor(seconds / 60) });
  if (seconds < 86_400) return t("{hours} h ago", { hours: Math.floor(seconds / 3600) });
  if (seconds < 604_800) return t("{days} d ago", { days: Math.floor(seconds / 86_400) });
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return date(then, { day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) });
}
