/** A worker: the SHA-256 of one file, read in slices while its parts are on their way. */

import lib from "../../vendor/sha256.js";

const SLICE = 8 << 20; // bytes

onmessage = async ({ data: file }) => {
  try {
    const hasher = await lib.createSHA256();
    for (let start = 0; start < file.size; start += SLICE) {
      hasher.update(new Uint8Array(await file.slice(start, start + SLICE).arrayBuffer()));
    }
    postMessage({ sha256: hasher.digest("hex") });
  } catch (error) {
    postMessage({ error: { name: error.name, message: error.message } });
  }
};
