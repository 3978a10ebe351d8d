// The code of the package: one file for each folder of src, because every file that an import reads costs time. The
// parts of the command line stay apart: they are loaded when they are needed.
import { readdirSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = `${root}src`;

/** A thread starts from a file of its own, beside the code of its folder. */
const workers = readdirSync(`${source}/kernels`).filter((name) => name.endsWith("-worker.js"));
const entries = ["index.ts", "testing/index.ts", "cli/main.ts", ...workers.map((name) => `kernels/${name}`)];

/** Where a module goes: to its folder's file, to one that workers share, or (null) to wherever it is imported. */
function fileOf(id) {
  const [folder, ...rest] = relative(source, id).split(/[\\/]/);
  if (["..", "cli", "testing"].includes(folder) || rest.length === 0 || id.endsWith("-worker.js"))
    return null;
  return `${folder}/${id.endsWith(".js") ? "worker" : "all"}`;
}

/**
 * Writes the package's JavaScript into a folder.
 *
 * @param {string} outDir
 * @param {Readonly<Record<string, string>>} [programs] files that import from src, by where they go in the folder
 */
export async function bundle(outDir, programs = {}) {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    build: {
      ssr: true,
      target: "es2022",
      outDir,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: {
          ...Object.fromEntries(entries.map((name) => [name.replace(/\.[jt]s$/, ""), `${source}/${name}`])),
          ...programs,
        },
        output: {
          entryFileNames: "[name].js",
          chunkFileNames: ({ name }) => (name.includes("/") ? "[name].js" : "cli/[name].js"),
          codeSplitting: {
            includeDependenciesRecursively: false,
            groups: [{ name: fileOf, debugName: "folders" }],
          },
        },
      },
    },
  });
}
