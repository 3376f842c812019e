/** Dropped or chosen files, folders walked through: `[{file, folders: [names from the top]}]`. */

const SYSTEM_FILES = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);

/** The files of a drop. Call it in the event: the browser empties the transfer right after. */
export async function dropped(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() || item.getAsFile());
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ file: entry, folders: [] });
    else if (entry) await walk(entry, [], found);
  }
  return found;
}

async function walk(entry, folders, found) {
  if (SYSTEM_FILES.has(entry.name)) return;
  if (entry.isFile) {
    found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), folders });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // 100 at a time
    if (some.length === 0) return;
    for (const child of some) await walk(child, [...folders, entry.name], found);
  }
}

/** The files of an `<input type=file>`, with `webkitdirectory` or without. */
export function chosen(input) {
  const found = [...input.files].map((file) => {
    const folders = (file.webkitRelativePath || "").split("/").slice(0, -1);
    return { file, folders };
  });
  input.value = "";
  return found.filter(({ file }) => !SYSTEM_FILES.has(file.name));
}

/** Take drops anywhere in the window while a page wants them; `onDrop(files, event)`. Answers the end of it. */
export function acceptDrops(veil, onDrop) {
  let depth = 0;
  const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const show = (visible) => { veil.hidden = !visible; };
  const handlers = {
    dragenter: (event) => { depth += 1; show(true); event.preventDefault(); },
    dragover: (event) => { event.dataTransfer.dropEffect = "copy"; event.preventDefault(); },
    dragleave: () => { depth -= 1; if (depth <= 0) { depth = 0; show(false); } },
    drop: async (event) => {
      event.preventDefault();
      depth = 0;
      show(false);
      const target = event.target;
      onDrop(await dropped(event.dataTransfer), target);
    },
  };
  const guarded = Object.entries(handlers).map(([name, handler]) => [name, (event) => { if (hasFiles(event)) handler(event); }]);
  for (const [name, handler] of guarded) addEventListener(name, handler);
  return () => { for (const [name, handler] of guarded) removeEventListener(name, handler); };
}
