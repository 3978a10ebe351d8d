// Bundles the measured programs with the library as the package has it: what users run is what is measured.
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundle } from "../bundle.mjs";

const children = fileURLToPath(new URL("children/", import.meta.url));
const [out] = process.argv.slice(2);
rmSync(out, { recursive: true, force: true });
const names = readdirSync(children).filter((name) => name.endsWith(".ts"));
await bundle(out, Object.fromEntries(names.map((name) => [`bench/${name.slice(0, -3)}`, children + name])));
