/** Lets the browser install the portal: registers the worker that keeps the theme's files. Guests of a link get none. */

/** Once the page stands; only where the browser lets pages have workers: over https, or on the box itself. */
export function install() {
  if (!isSecureContext || !navigator.serviceWorker || document.querySelector("meta[name=root]")) return;
  // a browser that refuses (a private window, a certificate nobody signed) shows the portal as ever
  navigator.serviceWorker.register("/service-worker.js", { updateViaCache: "none" }).catch(() => {});
}
