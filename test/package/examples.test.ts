import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const root = normalize(join(import.meta.dirname, "../.."));
const src = join(root, "src");

/** What an example may use without saying where it is from. */
const GIVEN = `
declare const images: Float32Array, testImages: Float32Array, heldOut: Float32Array;
declare const logits: Float32Array, jacobian: Float32Array, sum: Float32Array;
declare const spec: import("./index.js").NetworkSpec;
declare const net: import("./index.js").Compiled;
declare const uap: import("./index.js").UniversalResult;
`;

/** The same in a module of tensors. */
const GIVEN_OF: Readonly<Record<string, string>> = {
  "tfjs.ts": `
declare const engine: import("./index.js").Engine;
declare const images: import("@tensorflow/tfjs-core").Tensor4D, testImages: import("@tensorflow/tfjs-core").Tensor4D;
declare const perturbation: import("@tensorflow/tfjs-core").Tensor3D;
`,
};

interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

function examplesOf(file: string): Example[] {
  const text = readFileSync(join(src, file), "utf8");
  return [...text.matchAll(/^([ \t]*)\* @example\n((?:[ \t]*\*(?!\/| @).*\n)+)/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length,
    code: match[2].replace(/^[ \t]*\* ?/gm, ""),
  }));
}

/** The TypeScript of a document; what it imports of the package comes from the sources. */
function examplesOfDocument(document: string): Example[] {
  const text = readFileSync(join(root, "docs", document), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => ({
    file: `../docs/${document}`,
    line: text.slice(0, match.index).split("\n").length,
    code: match[1].replace(/from "unifool(?:\/(\w+))?"/g, (_, entry = "index") => `from "./${entry}.js"`),
  }));
}

const documents = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
const files = (readdirSync(src, { recursive: true }) as string[]).filter((file) => file.endsWith(".ts"));
const examples = [...files.flatMap(examplesOf), ...documents.flatMap(examplesOfDocument)];

const config = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config,
  ts.sys,
  root,
);
const options: ts.CompilerOptions = {
  ...config.options,
  noEmit: true,
  noUnusedLocals: false,
  verbatimModuleSyntax: false,
};

/** Names that a module exports, as values or types. */
function exportsOf(program: ts.Program, file: string): string[] {
  if (!files.includes(file)) return [];
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(join(src, file))!);
  return symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : [];
}

/** A function around an example, with an import for every public name that it uses and for those of its own file. */
function moduleOf({ file, code }: Example, program: ts.Program): string {
  const body = code.replace(/^import .*\n/gm, "");
  const imports: string[] = code.match(/^import .*$/gm) ?? [];
  const taken = new Set<string>();
  const own = code.match(/^import .*$/gm)?.join() ?? "";
  for (const from of [file, "index.ts", "network/build.ts", "network/input.ts"])
    for (const name of exportsOf(program, from)) {
      if (taken.has(name) || new RegExp(`\\b${name}\\b`).test(own) || !new RegExp(`\\b${name}\\b`).test(body))
        continue;
      taken.add(name);
      imports.push(`import { ${name} } from "./${from.replace(/\.ts$/, ".js")}";`);
    }
  return `${imports.join("\n")}\n${GIVEN_OF[file] ?? GIVEN}\nexport async function example() {\n${body}}\n`;
}

it("the examples of docstrings and documents compile as they stand", () => {
  expect(examples.length).toBeGreaterThan(20);
  const sources = ts.createProgram(
    files.map((file) => join(src, file)),
    options,
  );
  const modules = new Map(
    examples.map((example, i) => [
      join(src, `example_${i}.ts`),
      { example, text: moduleOf(example, sources) },
    ]),
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const program = ts.createProgram([...modules.keys(), ...declarations()], options, {
    ...host,
    fileExists: (path) => modules.has(path) || fileExists(path),
    readFile: (path) => modules.get(path)?.text ?? readFile(path),
    getSourceFile: (path, target) => {
      const made = modules.get(path);
      return made
        ? ts.createSourceFile(path, made.text, target)
        : (sources.getSourceFile(path) ?? getSourceFile(path, target));
    },
  });
  const problems = [...modules].flatMap(([path, { example, text }]) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(path)),
      ...program.getSemanticDiagnostics(program.getSourceFile(path)),
    ].map(
      ({ messageText, start }) =>
        `${example.file}:${example.line}: ${ts.flattenDiagnosticMessageText(messageText, " ")} (${text.slice(start, text.indexOf("\n", start))})`,
    ),
  );
  expect(problems).toEqual([]);
});

/** Types that the sources name without importing them. */
function declarations(): string[] {
  return config.fileNames.filter((file) => file.endsWith(".d.ts") && dirname(file) !== src);
}
