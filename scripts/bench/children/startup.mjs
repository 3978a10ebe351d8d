// Times a start of the built package: `startup.mjs help|import DIST` prints one line of JSON.
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";

const [task, dist] = process.argv.slice(2);
const work = {
  help: () => spawnSync(process.execPath, [`${dist}/cli/main.js`, "--help"]),
  import: () => import(pathToFileURL(`${dist}/index.js`).href),
}[task];
const start = performance.now();
await work();
const milliseconds = performance.now() - start;
console.log(JSON.stringify({ milliseconds, units: 1 }));
