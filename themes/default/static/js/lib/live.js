/** Server-sent events: one stream for as long as a page wants it; the browser reconnects by itself. */

import { toast } from "./ui.js";

/** Call `handlers.status(data)`, `handlers.change(data)` … for the events of `path`, `open()` whenever the line stands; answers the end. */
export function listen(path, handlers) {
  const source = new EventSource(path);
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handler(event.data && JSON.parse(event.data)));
  }
  source.addEventListener("end", () => {
    source.close();
    toast("This page is no longer kept up to date: you were logged out, or may not see it any more.", { bad: true });
  });
  const end = () => source.close();
  addEventListener("pagehide", end, { once: true });
  return () => {
    removeEventListener("pagehide", end);
    end();
  };
}
