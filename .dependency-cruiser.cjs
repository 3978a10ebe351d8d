/** Who may import whom: the table of src/README.md, checked. */
const ALLOWED = {
  base: [],
  kernels: ["base"],
  formats: ["base"],
  metrics: ["base"],
  decode: ["base"],
  plot: ["base"],
  text: ["formats", "base"],
  ngram: ["text", "decode", "formats", "base"],
  tensor: ["kernels", "base"],
  nn: ["tensor", "formats", "base"],
  optim: ["nn", "tensor", "base"],
  models: ["nn", "tensor", "ngram", "text", "decode", "metrics", "formats", "base"],
  vectors: ["nn", "tensor", "formats", "base"],
  train: ["optim", "nn", "tensor", "text", "metrics", "formats", "plot", "base"],
  testing: [
    "models",
    "optim",
    "nn",
    "tensor",
    "kernels",
    "text",
    "ngram",
    "decode",
    "metrics",
    "formats",
    "plot",
    "base",
  ],
};

const tableRules = Object.entries(ALLOWED).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  severity: "error",
  comment: `src/${folder} may import ${allowed.join(", ") || "nothing"}`,
  from: { path: `^src/${folder}/` },
  to: {
    path: "^src/",
    pathNot: [folder, ...allowed].map((name) => `^src/${name}/`),
  },
}));

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    ...tableRules,
    {
      name: "node-only",
      severity: "error",
      comment: "Everything outside the command line runs in a browser: no static imports of Node's modules.",
      from: { path: "^src/", pathNot: "^src/cli/" },
      to: { dependencyTypes: ["core"], dependencyTypesNot: ["type-only", "type-import"] },
    },
    {
      name: "no-orphans",
      severity: "error",
      from: { path: "^src/", orphan: true, pathNot: "^src/kernels/simd/assembly/" },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^src/kernels/simd/assembly/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types"] },
  },
};
