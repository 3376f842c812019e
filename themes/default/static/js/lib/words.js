/**
 * The words of scripts in the reader's language. The English text is the key: `t("Show v{number}", { number })`.
 *
 * English needs nothing. For another language the page names its catalogue (`<link data-words>`), which app.js loads
 * before anything is shown; so `t` is called where words are needed, never while a module loads. What a catalogue
 * lacks stays English. Writes nothing.
 */

const LOCALES = { en: "en-GB" }; // days before months, as the box's own pages have them
const HOLES = /\{(\w+)\}/;
const shapes = new Map(); // formatters cost more than what they format
let catalogue = {};

/** The language of the page, such as "de". */
export function language() {
  return globalThis.document?.documentElement.lang || "en";
}

/** Load the words of the page's language, all its catalogues; resolves at once where the page names none. */
export async function loadWords(page = document) {
  const links = [...page.querySelectorAll("link[data-words]")];
  const loaded = await Promise.all(links.map((link) => import(link.getAttribute("href")).catch(none)));
  catalogue = Object.assign({}, ...loaded.map((one) => one.default));
}

/** A catalogue that is not to be had just now: English is better than no page. */
function none(error) {
  if (!(error instanceof TypeError)) throw error;
  return { default: {} };
}

/**
 * The text in the reader's language, with `{name}` filled from `values`.
 *
 * With a `count` the text has both English forms, `t("{count} note|{count} notes", {}, 3)`, and the catalogue one for
 * each plural category of its language; `{count}` is then the number as it is written there.
 */
export function t(text, values = {}, count = null) {
  return pieces(text, values, count).join("");
}

/** As `t`, for values that are elements: a list to hand to `make` or `append`. */
export function rich(text, values = {}, count = null) {
  return pieces(text, values, count).filter((piece) => piece !== "");
}

function pieces(text, values, count) {
  const all = count === null ? values : { count: number(count), ...values };
  return phrase(text, count).split(HOLES).map((piece, index) => (index % 2 === 0 ? piece : Object.hasOwn(all, piece) ? all[piece] : `{${piece}}`));
}

function phrase(text, count) {
  const known = Object.hasOwn(catalogue, text) ? catalogue[text] : null;
  if (count === null) return known ?? text;
  if (known) return known[form(language(), count)] ?? known.other;
  const [one, other] = text.split("|");
  return form("en", count) === "one" ? one : other;
}

function form(locale, count) {
  return shape(Intl.PluralRules, locale).select(count);
}

/** A number as the reader's language writes it: 1,234.5 or 1.234,5. `options` are those of Intl.NumberFormat. */
export function number(value, options = {}) {
  return shape(Intl.NumberFormat, language(), options).format(value);
}

/** A date, an ISO time or milliseconds, in the reader's language. `options` are those of Intl.DateTimeFormat. */
export function date(when, options = { day: "numeric", month: "short", year: "numeric" }) {
  return shape(Intl.DateTimeFormat, language(), options).format(new Date(when));
}

/** Day and time of an ISO time, in full: what stands behind "5 min ago". */
export function moment(when) {
  return date(when, { dateStyle: "medium", timeStyle: "short" });
}

/** Names in a list: "Ana, Ben and Cleo". */
export function list(names) {
  return shape(Intl.ListFormat, language()).format(names);
}

function shape(Kind, locale, options = {}) {
  const key = `${Kind.name} ${locale} ${JSON.stringify(options)}`;
  if (!shapes.has(key)) shapes.set(key, new Kind(LOCALES[locale] || locale, options));
  return shapes.get(key);
}
