/**
 * The tables of operators, one a target, made from the folders of `src/kernels/operators`: the folder `leaky_relu` owns
 * the operator `LeakyRelu`. The compiler checks each against the union in `operator.ts`: a folder or a file that is missing
 * does not compile.
 */
import { existsSync, readdirSync } from "node:fs";

/** File and export of each folder, and the type that a table of them has for operator `N`. */
const TABLES = {
  facts: {
    from: "spec",
    name: "facts",
    imports: ['import type { OperatorFacts } from "../facts.js";'],
    type: "OperatorFacts<OperatorNamed<N>>",
  },
  references: {
    from: "reference",
    name: "reference",
    imports: [
      'import type { Absent } from "../absent.js";',
      'import type { ReferenceOperator } from "../reference_operator.js";',
    ],
    type: "ReferenceOperator<OperatorNamed<N>> | Absent",
  },
  float32: {
    from: "reference",
    name: "float32",
    imports: [
      'import type { Absent } from "../absent.js";',
      'import type { Float32Rule } from "../float32/rule.js";',
    ],
    type: "Float32Rule<OperatorNamed<N>> | Absent",
  },
  testing: {
    from: "cases",
    name: "testing",
    imports: ['import type { OperatorTesting } from "../testing.js";'],
    type: "OperatorTesting<OperatorNamed<N>>",
  },
  wasm: {
    from: "lower_wasm",
    name: "lowering",
    imports: [
      'import type { Absent } from "../absent.js";',
      'import type { Lowering } from "../wasm/lowering.js";',
    ],
    type: "Lowering<OperatorNamed<N>> | Absent",
  },
  webgpu: {
    from: "lower_webgpu",
    name: "lowering",
    imports: [
      'import type { Absent } from "../absent.js";',
      'import type { Lowering } from "../webgpu/lowering.js";',
    ],
    type: "Lowering<OperatorNamed<N>> | Absent",
  },
  tfjs: {
    from: "tfjs",
    name: "make",
    imports: [
      'import type { Absent } from "../absent.js";',
      'import type { MakeOperator } from "../tfjs/operator.js";',
    ],
    type: "MakeOperator<OperatorNamed<N>> | Absent",
  },
};

const NOTICE = "// Made by build.mjs from the folders beside it; not in git.";

/** @returns name and text of each generated file */
export function operatorTables(folder) {
  const operators = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`${folder}/${entry.name}/spec.ts`))
    .map(({ name }) => ({ name, op: pascalCase(name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = Object.entries(TABLES).map(([table, { from, name, imports, type }]) => {
    const lines = [
      NOTICE,
      ...imports,
      ...operators.map((o) => `import { ${name} as ${o.op} } from "./${o.name}/${from}.js";`),
      'import type { OperatorNamed, OpName } from "./operator.js";',
      "",
      `export const ${table}: { readonly [N in OpName]: ${type} } = {`,
      ...operators.map((o) => `  ${o.op},`),
      "};",
      "",
    ];
    return [`${table}.generated.ts`, lines.join("\n")];
  });
  const withKernels = operators.filter((o) => existsSync(`${folder}/${o.name}/wasm.ts`));
  const kernels = [
    NOTICE,
    ...withKernels.map((o) => `import { kernels as ${o.op} } from "./${o.name}/wasm.js";`),
    "",
    `export const operatorKernels = [${withKernels.map((o) => `...${o.op}`).join(", ")}];`,
    "",
  ];
  const members = [
    NOTICE,
    ...operators.map((o) => `export type { ${o.op} } from "./${o.name}/spec.js";`),
    "",
  ];
  return Object.fromEntries([
    ...files,
    ["wasm_kernels.generated.ts", kernels.join("\n")],
    ["members.generated.ts", members.join("\n")],
  ]);
}

function pascalCase(name) {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase());
}
