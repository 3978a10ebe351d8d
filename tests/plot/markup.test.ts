import fc from "fast-check";
import { expect, test } from "vitest";
import { element, escapeText, visible } from "../../src/plot/markup.ts";
import { anyText } from "../support/any-text.ts";
import { runs } from "../support/fc.ts";
import { parseXml } from "../support/xml.ts";

test("any text comes back from content and attributes as its visible form", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const parsed = parseXml(element("a", { title: text }, [text, element("b", {}, [text])]).text);
      expect(parsed.text).toBe(visible(text));
      expect(parsed.attributes.title).toBe(visible(text));
      expect(parsed.children[0].text).toBe(visible(text));
    }),
    runs,
  );
});

test("escaping", () => {
  expect(escapeText(`<img src=x onerror="a('&')">`)).toBe(
    "&lt;img src=x onerror=&quot;a(&#39;&amp;&#39;)&quot;&gt;",
  );
});

test("visible shows controls, leaves everything else", () => {
  expect(visible("a\u001b[31m\n\t\u007f\u0085\ud800\u2028z")).toBe("a␛[31m␊␉␡\ufffd\ufffd\ufffdz");
  expect(visible("naïve 日本 🙂 e\u0301")).toBe("naïve 日本 🙂 e\u0301");
});

test("undefined attributes are left out, void elements are not closed", () => {
  expect(element("rect", { x: 0, y: undefined }).text).toBe(`<rect x="0"></rect>`);
  expect(element("meta", { charset: "utf-8" }).text).toBe(`<meta charset="utf-8">`);
});
