import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { lexigrad, workspace } from "../support/command.ts";

const published = fileURLToPath(new URL("../fixtures/gpt2", import.meta.url));

test("a checkpoint is imported, used and exported again", async () => {
  const path = workspace();
  const [run, out] = [path("run"), path("out")];
  expect(await lexigrad(["lm", "import", published, "--out", run])).toEqual({
    status: 0,
    stdout: "",
    stderr: `${run}: 280 tokens, 11,456 parameters\n`,
  });
  const generated = await lexigrad([
    "lm",
    "generate",
    run,
    "--prompt",
    "the cat",
    "--greedy",
    "--length",
    "3",
  ]);
  expect(generated).toMatchObject({ status: 0 });
  expect(generated.stdout).toMatch(/^the cat/);

  const exported = await lexigrad(["lm", "export", run, "--out", out, "--json"]);
  expect(exported.status).toBe(0);
  expect(JSON.parse(exported.stdout)).toMatchObject({
    out,
    parameters: 11456,
    options: { numLayers: 2, dModel: 16, activation: "gelu-tanh" },
  });
  await lexigrad(["lm", "import", out, "--out", path("again")]);
  for (const name of ["model.safetensors", "tokenizer.json", "config.json"]) {
    expect(readFileSync(path(`again/${name}`)), name).toEqual(readFileSync(path(`run/${name}`)));
  }
});

test("refuses to write over a model, what is no checkpoint, and a missing --out", async () => {
  const path = workspace({ "config.json": "{}" });
  expect(await lexigrad(["lm", "import", published, "--out", path(".")])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(
      "expected a folder without a model, got one with config.json. Choose another one.",
    ),
  });
  expect(readFileSync(path("config.json"), "utf8")).toBe("{}");
  expect(await lexigrad(["lm", "import", path("."), "--out", path("run")])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("n_embd: expected a whole number of at least 1, got nothing."),
  });
  expect(await lexigrad(["lm", "import", published])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("expected the option --out <run>"),
  });
});
