// Makes a bare clone ready: installs the packages when they are missing and builds the kernels when they are stale.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(command, args) {
  const windows = process.platform === "win32";
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: windows,
  });
  if (status !== 0) process.exit(status ?? 1);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`lexigrad: Node.js: expected 20.19 or newer, got ${process.versions.node}.`);
  process.exit(1);
}
if (!existsSync(`${root}/node_modules/.package-lock.json`)) {
  // `npm install` keeps to the lock file and runs `prepare`, which builds the kernels. `npm ci` would refuse the lock
  // file where it does not list the optional packages of every other platform.
  console.error("Installing packages (once) ...");
  run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
}
run(process.execPath, [`${root}/scripts/build-kernels.mjs`]);
