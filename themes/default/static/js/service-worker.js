/**
 * What runs beside the pages where the portal is installed, or simply opened again: keeps this theme's files, which
 * carry the theme's hash, and shows a page with a sentence while the box cannot be reached.
 *
 * Never keeps answers of the API, previews, or pages of accounts, and never touches what streams: uploads, playback,
 * downloads and ranges go past it. The box writes `THEME` before this text: another theme is another worker.
 */

/* global THEME */

const CACHE = `mam-theme-${THEME.digest}`;
const NO_PAGE = /^\/(r\/[^/]+\/)?(api|auth|s|d|img|upload-parts|static)\//;

addEventListener("install", (event) => event.waitUntil(prepare()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || request.headers.has("Range")) return;
  if (url.pathname.startsWith(THEME.files)) event.respondWith(kept(request));
  else if (request.mode === "navigate" && !NO_PAGE.test(url.pathname)) event.respondWith(shown(event));
});

/** The page for when the box is away, asked for as nobody, and what it is made of. */
async function prepare() {
  const cache = await caches.open(CACHE);
  await cache.addAll([new Request(THEME.offline, { credentials: "omit", cache: "reload" }), ...THEME.needed]);
  await skipWaiting();
}

/** Older themes' files go; pages that are open are served from here on. */
async function takeOver() {
  const old = (await caches.keys()).filter((name) => name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await registration.navigationPreload?.enable();
  await clients.claim();
}

/** A file of the theme: never asked for twice. */
async function kept(request) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(request.url);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.status === 200) await cache.put(request.url, answer.clone()).catch(() => {}); // a full disk: shown all the same
  return answer;
}

/** A page as the box sends it now; without the box the sentence. */
async function shown(event) {
  try {
    return (await event.preloadResponse) || (await fetch(event.request));
  } catch (error) {
    return (await caches.match(THEME.offline, { cacheName: CACHE })) || Promise.reject(error);
  }
}
