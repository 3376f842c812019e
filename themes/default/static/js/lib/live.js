/** Server-sent events: one stream for as long as a page wants it; the browser reconnects by itself. */

/** Call `onStatus(data)` for every `status` event of `path`; answers a function that ends it. */
export function listen(path, onStatus) {
  const source = new EventSource(path);
  const take = (event) => {
    try {
      onStatus(JSON.parse(event.data));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  };
  source.addEventListener("status", take);
  const end = () => source.close();
  addEventListener("pagehide", end, { once: true });
  return () => {
    removeEventListener("pagehide", end);
    end();
  };
}
