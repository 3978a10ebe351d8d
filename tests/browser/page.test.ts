/** The library in a real page: bundled without polyfills, and computing the same bits as in Node. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, type Rolldown } from "vite";
import { afterAll, describe, expect, test } from "vitest";
import { configure } from "../../src/index.ts";
import {
  type LearnedVectors,
  learnVectors,
  type Outcome,
  trainAndTranslate,
} from "../support/page/program.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  existsSync,
);

async function bundle(): Promise<string> {
  const warnings: string[] = [];
  const output = (await build({
    configFile: false,
    logLevel: "silent",
    root: fileURLToPath(new URL("../support/page/", import.meta.url)),
    build: {
      write: false,
      target: "es2022",
      lib: { entry: "main.ts", formats: ["es"] },
      rolldownOptions: { onwarn: ({ message }) => warnings.push(message) },
    },
  })) as Rolldown.RolldownOutput[];
  // Vite warns when a module of Node's would have to be replaced by an empty one.
  expect(warnings).toEqual([]);
  return (output[0].output[0] as Rolldown.OutputChunk).code;
}

/** What a function of the bundle returns in a page. */
async function inChromium<T>(name: string): Promise<T> {
  const browser = await chromium.launch({
    executablePath: executablePath as string,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.setContent("<!doctype html><title>lexigrad</title>");
    await page.addScriptTag({ type: "module", content: await bundle() });
    await page.waitForFunction(`globalThis.${name}`);
    const result = (await page.evaluate(`${name}()`)) as T;
    expect(errors).toEqual([]);
    return result;
  } finally {
    await browser.close();
  }
}

afterAll(() => {
  configure({ backend: "auto" });
});

describe("in a browser", () => {
  test("the public surface bundles without modules of Node's", async () => {
    const code = await bundle();
    expect(code).toContain("trainAndTranslate");
    expect(code).not.toMatch(/from\s*["']node:|require\(["'](?:node:|fs|zlib|path)/);
  });

  test.skipIf(executablePath === undefined)(
    "20 training steps and a translation give the same bits as strict SIMD in Node (needs Chromium)",
    async () => {
      const inPage = await inChromium<Outcome>("trainAndTranslate");
      expect(inPage).toEqual(trainAndTranslate());
      expect(inPage.backend).toBe("simd");
      expect(inPage.losses[19]).toBeLessThan(inPage.losses[0]);
    },
  );

  test.skipIf(executablePath === undefined)(
    "word vectors are learned to the same bits, and know words that were never seen (needs Chromium)",
    async () => {
      const inPage = await inChromium<LearnedVectors>("learnVectors");
      expect(inPage).toEqual(learnVectors());
      for (const found of inPage.neighbours) {
        for (const { word } of found) expect(["walking", "talking", "singing", "road"]).toContain(word);
      }
    },
  );
});
