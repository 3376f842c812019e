/**
 * Server-sent events: one stream a page, for as long as it wants it; the browser reconnects by itself.
 *
 * What the reader is told of comes on the same stream. A page that shows nothing else that is live has one of its
 * own for that.
 */

import { root } from "./api.js";
import { toast } from "./ui.js";
import { t } from "./words.js";

let told = null; // what to call when the reader's inbox has changed
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

/** Call `tell()` whenever the reader's inbox may have changed, on whatever page. */
export function onNotifications(tell) {
  told = tell;
  listenAlone();
}

function listenAlone() {
  if (!told || lines > 0 || own) return;
  own = open("/api/events", {});
  addEventListener("pagehide", () => own?.close(), { once: true });
}

function open(path, handlers) {
  const source = new EventSource(root() + path);
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handler(event.data && JSON.parse(event.data)));
  }
  source.addEventListener("open", () => told?.()); // what came before the line stood
  source.addEventListener("notifications", () => told?.());
  source.addEventListener("end", () => {
    source.close();
    toast(t("This page is no longer kept up to date: you were logged out, or may not see it any more."), { bad: true });
  });
  return source;
}
