/**
 * Server-sent events: one stream a page, for as long as it wants it; the browser reconnects by itself.
 *
 * What the reader is told of comes on the same stream. A page that shows nothing else that is live has one of its
 * own for that.
 */

import { root } from "./api.js";
import { toast } from "./ui.js";
import { t } from "./words.js";

const told = new Map(); // who is called when the reader's inbox has changed → what to call
let lines = 0; // streams that the page opened
let own = null; // the stream of a page that opened none

/** Call `handlers.status(data)`, `handlers.change(data)` … for the events of `path`, `open()` whenever the line stands; answers the end. */
export function listen(path, handlers) {
  lines += 1;
  own?.close();
  own = null;
  const source = open(path, handlers);
  const end = () => source.close();
  addEventListener("pagehide", end, { once: true });
  return () => {
    removeEventListener("pagehide", end);
    end();
    lines -= 1;
    listenAlone();
  };
}

/** Call `tell()` whenever the reader's inbox may have changed, on whatever page; `who` asks again in place of before. */
export function onNotifications(who, tell) {
  told.set(who, tell);
  listenAlone();
}

function listenAlone() {
  if (!told.size || lines > 0 || own) return;
  own = open("/api/events", {});
  addEventListener("pagehide", () => own?.close(), { once: true });
}

function open(path, handlers) {
  const source = new EventSource(root() + path);
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handler(event.data && JSON.parse(event.data)));
  }
  const ring = () => told.forEach((tell) => tell());
  source.addEventListener("open", ring); // what came before the line stood
  source.addEventListener("notifications", ring);
  source.addEventListener("end", () => {
    source.close();
    toast(t("This page is no longer kept up to date: you were logged out, or may not see it any more."), { bad: true });
  });
  return source;
}
