/** The code that npm gets, without its types: the build of `scripts/bundle.mjs`. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as source from "../../src/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lexigrad-bundle-"));

beforeAll(() => {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
  const build = `const { bundle } = await import("./scripts/bundle.mjs"); await bundle(${JSON.stringify(join(folder, "dist"))});`;
  const made = node(["--input-type=module", "--eval", build], root);
  expect(made.stderr).toBe("");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function node(args: readonly string[], cwd = folder) {
  return spawnSync(process.execPath, args, { encoding: "utf8", cwd });
}

describe("the bundle", () => {
  it("has one file for each folder of the library, and few at its top", () => {
    const files = readdirSync(join(folder, "dist"), { recursive: true, encoding: "utf8" });
    expect(files).toEqual(
      expect.arrayContaining(["index.js", "testing/index.js", "cli/main.js", "nn/all.js"]),
    );
    expect(
      files.filter((name) => name.endsWith(".js") && !/^(cli|kernels|testing)\b/.test(name)).length,
    ).toBeLessThan(16);
  });

  it("exports what the source exports, and computes on every backend", () => {
    const script = `
      import * as lexigrad from "./dist/index.js";
      const { configure, Linear, ones } = lexigrad;
      const shapes = ["reference", "simd", "auto"].map((backend) => {
        configure({ backend });
        return new Linear({ inFeatures: 3, outFeatures: 2 }).forward(ones([5, 3])).relu().shape;
      });
      console.log(JSON.stringify({ names: Object.keys(lexigrad), shapes }));`;
    const { stdout, stderr } = node(["--input-type=module", "--eval", script]);
    expect(stderr).toBe("");
    const { names, shapes } = JSON.parse(stdout);
    expect(names).toEqual(Object.keys(source).sort());
    expect(shapes).toEqual([
      [5, 2],
      [5, 2],
      [5, 2],
    ]);
  });

  it("has the workers' file where the kernels look for it", () => {
    const kernels = readFileSync(join(folder, "dist/kernels/all.js"), "utf8");
    const [, name] = /new URL\("\.\/([\w-]+\.js)", import\.meta\.url\)/.exec(kernels) ?? [];
    const worker = node(["--check", `dist/kernels/${name}`]);
    expect([name, worker.stderr]).toEqual(["pool-worker.js", ""]);
  });

  it("is a command whose parts load", () => {
    const help = node(["dist/cli/main.js", "--help"]);
    expect(help.stdout).toMatch(/^Usage: lexigrad/);
    const score = spawnSync(
      process.execPath,
      ["dist/cli/main.js", "score", "-", "--reference", "package.json"],
      {
        ...{ encoding: "utf8", cwd: folder, input: "one line\n" },
      },
    );
    expect([score.status, score.stderr]).toEqual([1, expect.stringContaining("package.json")]);
  });
});
