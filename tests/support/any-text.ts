import fc from "fast-check";

/** Every string that JavaScript can hold, halves of surrogate pairs included, with many markup characters. */
export const anyText = fc.string({
  unit: fc.oneof(
    fc.nat(0xffff).map((code) => String.fromCharCode(code)),
    fc.constantFrom(
      "<",
      ">",
      "&",
      '"',
      "'",
      "\u001b",
      "\n",
      "]]>",
      "<!--",
      "</script>",
      "日",
      "\u0301",
      "🙂",
    ),
  ),
});
