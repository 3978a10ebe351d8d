// Builds dist/ for npm: types with tsc, code with the bundler.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const tsc = [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}src/tsconfig.build.json`];
const { status } = spawnSync(process.execPath, tsc, { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
await bundle(`${root}dist`);
