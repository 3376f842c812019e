/**
 * What an upload needs to go on after a reload, in IndexedDB: ids and the file's marks, never bytes.
 * A file's handle does not survive a reload in every browser; its name, size and time do, and the reader
 * drops the same file again.
 */

const NAME = "mam-uploads";
const STORE = "uploads";

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "uploadId" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function within(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** A private window may have no IndexedDB: uploads then work, only not beyond a reload. */
async function orNothing(work, otherwise) {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DOMException || error === null) return otherwise;
    throw error;
  }
}

export function remember(record) {
  return orNothing(within("readwrite", (store) => store.put(record)));
}

export function forget(uploadId) {
  return orNothing(within("readwrite", (store) => store.delete(uploadId)));
}

/** Uploads that were interrupted: all that are remembered and that no other tab is sending now. */
export async function interrupted() {
  const records = await orNothing(within("readonly", (store) => store.getAll()), []);
  const busy = await heldElsewhere();
  return records.filter((record) => !busy.has(lockName(record.uploadId)));
}

/** The same file again? Name, size and time of change are what a browser tells. */
export function matches(record, file) {
  return record.name === file.name && record.size === file.size && record.lastModified === file.lastModified;
}

const lockName = (uploadId) => `mam-upload-${uploadId}`;

async function heldElsewhere() {
  if (!navigator.locks) return new Set();
  const { held } = await navigator.locks.query();
  return new Set(held.map((lock) => lock.name));
}

/** Mark an upload as being sent by this tab until the answer is called. */
export function hold(uploadId) {
  if (!navigator.locks) return () => {};
  let release = () => {};
  const until = new Promise((resolve) => { release = resolve; });
  navigator.locks.request(lockName(uploadId), { ifAvailable: true }, () => until);
  return release;
}
