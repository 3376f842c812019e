import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, clock, rate, span } from "../../../themes/default/static/js/lib/format.js";
import { date, list, loadWords, number, rich, t } from "../../../themes/default/static/js/lib/words.js";

/** A page in some language that names these catalogues. */
async function speak(lang, ...catalogues) {
  const addresses = catalogues.map((one) => `data:text/javascript,export default ${encodeURIComponent(JSON.stringify(one))}`);
  const links = addresses.map((href) => ({ getAttribute: () => href }));
  globalThis.document = { documentElement: { lang }, querySelectorAll: () => links };
  await loadWords();
}

test("bytes and rates are decimal and short", () => {
  assert.deepEqual([0, 999, 1000, 1234567, 99_960_000, 5e12].map(bytes), ["0 B", "999 B", "1.0 kB", "1.2 MB", "100 MB", "5.0 TB"]);
  assert.equal(rate(84e6), "84.0 MB/s");
});

test("time left is never too exact", () => {
  assert.deepEqual([0, 45, 200, 7500, Infinity].map(span), ["1 s", "45 s", "3 min", "2 h 05 min", ""]);
});

test("lengths and ages", () => {
  assert.deepEqual([3.4, 123, 3723].map(clock), ["0:03", "2:03", "1:02:03"]);
  const now = Date.parse("2026-11-21T12:00:00Z");
  assert.deepEqual(
    ["2026-11-21T11:59:40Z", "2026-11-21T11:55:00Z", "2026-11-21T09:00:00Z", "2026-11-19T12:00:00Z"].map((iso) => ago(iso, now)),
    ["just now", "5 min ago", "3 h ago", "2 d ago"],
  );
});

test("English is said without a catalogue, holes and plurals filled", async () => {
  await speak("en");
  assert.equal(t("Show v{number}", { number: 3 }), "Show v3");
  assert.deepEqual([0, 1, 1200].map((count) => t("{count} note|{count} notes", {}, count)), ["0 notes", "1 note", "1,200 notes"]);
  assert.equal(t("{name} left", { name: "{count}" }), "{name} left".replace("{name}", "{count}"));
  assert.equal(t("{nobody} gave this"), "{nobody} gave this");
});

test("another language has its words, its plural forms, its numbers; what it lacks stays English", async () => {
  const forms = { one: "{count} nota", few: "{count} note", many: "{count} nota (više)", other: "{count} nota" };
  await speak("pl", { "Save": "Zapisz", "{count} note|{count} notes": forms }, { "Undo": "Cofnij" });
  assert.deepEqual([t("Save"), t("Undo"), t("Close"), t("toString")], ["Zapisz", "Cofnij", "Close", "toString"]);
  assert.deepEqual([1, 3, 5].map((count) => t("{count} note|{count} notes", {}, count)), ["1 nota", "3 note", "5 nota (više)"]);
  await speak("de", {});
  assert.deepEqual([number(1234.5), bytes(1234567), list(["A", "B", "C"])], ["1.234,5", "1,2 MB", "A, B und C"]);
  assert.match(date("2026-11-02T12:00:00Z"), /^2\. Nov\. 2026$/);
});

test("elements stand in sentences where each language wants them", async () => {
  await speak("de", { "{name} named you": "Sie wurden von {name} erwähnt" });
  const who = { element: "Ana" };
  assert.deepEqual(rich("{name} named you", { name: who }), ["Sie wurden von ", who, " erwähnt"]);
});

test("a catalogue that cannot be loaded leaves English", async () => {
  globalThis.document = { documentElement: { lang: "de" }, querySelectorAll: () => [{ getAttribute: () => "data:text/javascript,throw new TypeError()" }] }; // as browsers say it
  await loadWords();
  assert.equal(t("Save"), "Save");
});
