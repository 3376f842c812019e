/** The SHA-256 of a file, computed in a worker beside its upload: what left this machine is what is compared. */

/**
 * Begin; `value` resolves to the hex digest, or to null where this browser cannot compute it. It rejects where
 * the file cannot be read. `stop()` ends the worker.
 */
export function hashing(file) {
  const worker = new Worker(new URL("./hash-worker.js", import.meta.url), { type: "module" });
  const value = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data.error && ["NotReadableError", "NotFoundError"].includes(data.error.name)) {
        reject(new DOMException(data.error.message, data.error.name));
      } else resolve(data.sha256 || null);
    };
    worker.onerror = () => resolve(null); // no module workers, no WebAssembly: the box hashes anyway
  });
  value.catch(() => {}); // asked for later, or never
  worker.postMessage(file);
  return { value, stop: () => worker.terminate() };
}
