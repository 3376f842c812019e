// node examples/upload.ts https://mam.local mam_… PROJECT_ID FILE: sends a file and prints what the project holds.
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { ApiError, Client } from "../src/index.ts";

const [url, key, project, path] = process.argv.slice(2);
const mam = new Client(url, key);
const title = basename(path);
const asset = await mam.call("create_asset", { body: { project_id: project, title } });
await mam.upload(asset.id, await openAsBlob(path), title, { progress: (done, total) => console.log(`${done} / ${total}`) });
for await (const one of mam.iterate("list_assets", { query: { project_id: project, limit: 2 } })) {
  console.log("asset", one.title, one.versions.map((version) => version.sha256).join());
}
const before = (await mam.call("list_events", { query: { limit: 1 } })).items[0];
for await (const event of mam.events(before.id, ["asset.created"])) {
  console.log("event", event.type, event.id !== "");
  break;
}
try {
  await mam.call("create_project", { body: { name: "" } });
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  console.log("refused", error.status, error.code, Object.keys(error.fields).join());
}
