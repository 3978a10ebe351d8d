import fc from "fast-check";
import { expect, test } from "vitest";
import { SpanTable } from "../../src/base/span-table.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";

const unitsOf = (text: string) => Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));

test("numbers are those of a Map, also after forgetting", () => {
  const table = new SpanTable();
  fc.assert(
    fc.property(fc.array(anyText), (texts) => {
      table.clear();
      const known = new Map<string, number>();
      for (const text of texts) {
        const units = unitsOf(`<${text}>`);
        expect(table.find(units, 1, text.length + 1)).toBe(known.get(text) ?? -1);
        if (!known.has(text)) known.set(text, known.size);
        expect(table.add(units, 1, text.length + 1)).toBe(known.get(text));
      }
      expect(table.size).toBe(known.size);
      for (const [text, number] of known) expect(table.string(number)).toBe(text);
    }),
    runs,
  );
});

test("many, then few, then many", () => {
  const table = new SpanTable();
  for (const count of [5000, 3, 5000]) {
    table.clear();
    for (let i = 0; i < count; i++) expect(table.add(unitsOf(String(i)), 0, String(i).length)).toBe(i);
    expect(table.find(unitsOf("4"), 0, 1)).toBe(count > 4 ? 4 : -1);
    expect(table.string(count - 1)).toBe(String(count - 1));
  }
});
