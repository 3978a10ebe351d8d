/**
 * Checks that the documents are true: links lead somewhere, commands name scripts that exist, and the map in
 * src/README.md has the folders and the import table that the sources have.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const problems: string[] = [];
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

for (const file of [
  "README.md",
  "CHANGELOG.md",
  "src/README.md",
  "corpora/README.md",
  "scripts/bench/README.md",
  "scripts/fixtures/README.md",
]) {
  const text = readFileSync(file, "utf8");
  for (const [, target] of text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
    if (/^https?:/.test(target)) continue;
    if (!existsSync(join(dirname(file), target))) problems.push(`${file}: no file behind the link ${target}`);
  }
  for (const [, name] of text.matchAll(/\bnpm run (?:-s )?([\w-]+)/g)) {
    if (!(name in scripts)) problems.push(`${file}: package.json has no script ${name}`);
  }
  for (const [, script] of text.matchAll(/\bnpx tsx (\S+\.ts)/g)) {
    if (!existsSync(script)) problems.push(`${file}: no script ${script}`);
  }
}

const map = readFileSync("src/README.md", "utf8");
const folders = readdirSync("src", { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);
for (const folder of folders) {
  if (!map.includes(`| \`${folder}/\` |`))
    problems.push(`src/README.md: folder ${folder}/ is not on the map`);
}

interface Rule {
  readonly name: string;
  readonly comment?: string;
}
const { forbidden } = createRequire(import.meta.url)(join(process.cwd(), ".dependency-cruiser.cjs")) as {
  forbidden: Rule[];
};
for (const { name, comment } of forbidden) {
  const [, folder, allowed] = /^src\/(\w+) may import (.*)$/.exec(comment ?? "") ?? [];
  if (!folder || folder === "testing") continue;
  const row = map.split("\n").find((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    return cells.length === 4 && cells[1].split(", ").includes(folder);
  });
  const listed = row?.split("|")[2].split(";")[0].trim();
  if (listed !== allowed) problems.push(`src/README.md: ${name} says "${allowed}", the table "${listed}"`);
}

for (const name of readdirSync("src", { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith(".ts") || name.includes("simd/build")) continue;
  const lines = readFileSync(join("src", name), "utf8").split("\n").length - 1;
  if (lines > 400) problems.push(`src/${name}: ${lines} lines, 400 at most`);
}

for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? "Documents checked." : `${problems.length} problems.`);
process.exitCode = problems.length === 0 ? 0 : 1;
