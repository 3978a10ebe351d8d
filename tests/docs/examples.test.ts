/**
 * Runs every `@example` of the sources. A line `expression; // value` is checked against the value when the comment
 * is one; other comments are prose.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import * as lexigrad from "../../src/index.ts";
import * as testing from "../../src/testing/index.ts";

const root = new URL("../../src/", import.meta.url);
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.includes("assembly") && !name.includes("build"))
  .sort();

/** The code of every example in a file, with its line. */
function examplesOf(source: string): { code: string; line: number }[] {
  const found: { code: string; line: number }[] = [];
  for (const comment of source.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const start = comment[0].indexOf("@example");
    if (start < 0) continue;
    const lines = comment[0].slice(start).split("\n");
    const inline = lines[0].replace("@example", "").replace("*/", "").trim();
    const body = lines.slice(1).map((line) => line.replace(/^\s*\*\/?\s?/, ""));
    const end = body.findIndex((line) => line.startsWith("@"));
    const code = [inline, ...(end < 0 ? body : body.slice(0, end))].join("\n").trim();
    found.push({ code, line: source.slice(0, (comment.index ?? 0) + start).split("\n").length });
  }
  return found;
}

/** Wraps every `expression; // comment` into a check. */
function instrument(code: string): string {
  const file = ts.createSourceFile("example.ts", code, ts.ScriptTarget.ES2022, true);
  return file.statements
    .map((statement) => {
      const text = statement.getText(file);
      if (!ts.isExpressionStatement(statement)) return text;
      const comment = /^[ \t]*\/\/ ?(.*)/.exec(code.slice(statement.end))?.[1];
      const expression = statement.expression.getText(file);
      return comment === undefined
        ? text
        : `check(${JSON.stringify(expression)}, (${expression}), ${JSON.stringify(comment)});`;
    })
    .join("\n");
}

/** The value that a comment spells, or undefined for prose. */
function spelledValue(comment: string): { value: unknown } | undefined {
  const literal = comment
    .replace(/\b\w+Array(?:\(\d+\))? \[/g, "[")
    .replace(/Map(?:\(\d+\))? \{([^}]*)\}/g, (_, entries) => {
      return `new Map([${entries.replace(/("[^"]*") => (\[[^\]]*\]|[^,]+)/g, "[$1, $2]")}])`;
    });
  try {
    return { value: new Function(`return (${literal});`)() };
  } catch {
    return undefined;
  }
}

function plain(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<number>) : value;
}

/** Equality with numbers compared to six digits, since comments round. */
function expectValue(what: string, actual: unknown, expected: unknown): void {
  const [a, b] = [plain(actual), plain(expected)];
  if (typeof a === "number" && typeof b === "number" && Number.isFinite(b)) {
    expect(Math.abs(a - b), `${what}: ${a} against ${b}`).toBeLessThanOrEqual(
      1e-6 * Math.max(1, Math.abs(b)),
    );
  } else if (Array.isArray(a) && Array.isArray(b)) {
    expect(a.length, what).toBe(b.length);
    a.forEach((item, i) => {
      expectValue(what, item, b[i]);
    });
  } else expect(a, what).toEqual(b);
}

/** What examples can name: the public surface, fast-check, and whatever their own file exports. */
const common = { ...lexigrad, ...testing, fc };
const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<void>;

/** Runs an example with `names` in scope, checking the values that its comments spell. */
async function run(code: string, names: object): Promise<void> {
  const { outputText } = ts.transpileModule(instrument(code), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const check = (what: string, actual: unknown, comment: string) => {
    const expected = spelledValue(comment);
    if (expected) expectValue(what, actual, expected.value);
  };
  const scope = { ...names, check };
  // The block lets an example declare a name that is also exported.
  await new AsyncFunction(...Object.keys(scope), `{${outputText}\n}`)(...Object.values(scope));
}

describe("examples in docstrings run and give what they say", () => {
  for (const name of files) {
    for (const { code, line } of examplesOf(readFileSync(new URL(name, root), "utf8"))) {
      test(`${name}:${line}`, async () => {
        await run(code, { ...common, ...(await import(/* @vite-ignore */ new URL(name, root).href)) });
      });
    }
  }
});

describe("examples in README.md run", () => {
  const readme = readFileSync(new URL("../README.md", root), "utf8");
  const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
  test.each(blocks.map((code, i) => [i + 1, code] as const))("block %i", async (_number, code) => {
    await run(code.replace(/^import .*$/gm, ""), common);
  });
});
