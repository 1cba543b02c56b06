#!/usr/bin/env node
/**
 * Breaks kernels and lowerings, one line at a time, and says which test notices first.
 *
 *   node scripts/mutants/run.mjs                     every mutant, tests first as they are
 *   node scripts/mutants/run.mjs --only conv_vjp     those whose name matches a regular expression
 *   node scripts/mutants/run.mjs --unproved          does not run the tests on the tree as it is first
 *   node scripts/mutants/run.mjs --write             writes the table in README.md, rows that did not run as they were
 *
 * Works in a copy of the tree, on a copy of what is not committed too. A mutant is one replacement of a text that occurs
 * once (`list/`); the generated sources are made anew, then its own tests run, fast ones first, and those of the
 * engine that it belongs to, until one fails. Exits with 1 if a mutant survives.
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mutants } from "./mutants.mjs";
import { ENGINE_SUITES } from "./suites.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const flags = process.argv.slice(2);
const only = new RegExp(flags.includes("--only") ? flags[flags.indexOf("--only") + 1] : "");
/** A kernel that loops for ever cannot be interrupted from inside. */
const LIMIT = 15 * 60_000;

const scratch = mkdtempSync(join(tmpdir(), "unifool-mutants-"));
/** The group of the tests that run. */
let running;
process.on("exit", () => {
  if (running) process.kill(-running, "SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
copyTree();

const chosen = mutants.filter(({ name }) => only.test(name));
// All texts first: one that is gone is a mistake of the list.
const gone = mutants.flatMap((mutant) => wrongText(mutant) ?? []);
if (gone.length > 0) throw new Error(gone.join("\n"));
if (!flags.includes("--unproved")) await proveTests();

const rows = [];
for (const mutant of chosen) {
  const noticed = await firstFailure(mutant);
  rows.push({ mutant, noticed });
  console.log(`${noticed ? "killed  " : "SURVIVED"} ${mutant.name}: ${noticed ?? "no test fails"}`);
}
const survivors = rows.filter(({ noticed }) => noticed === undefined);
console.log(`${rows.length} mutants, ${survivors.length} survive`);
if (flags.includes("--write")) writeTable();
process.exitCode = survivors.length > 0 ? 1 : 0;

/** What git knows and what it does not know yet, without what it ignores. */
function copyTree() {
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const file of list.split("\0").filter(Boolean)) {
    mkdirSync(dirname(join(scratch, file)), { recursive: true });
    try {
      cpSync(join(root, file), join(scratch, file));
    } catch (cause) {
      if (cause.code !== "ENOENT") throw cause;
    }
  }
  symlinkSync(join(root, "node_modules"), join(scratch, "node_modules"));
}

/** What is wrong with a mutant's text, if anything. */
function wrongText({ name, file, from }) {
  const found = readFileSync(join(scratch, file), "utf8").split(from).length - 1;
  return found === 1 ? undefined : `${name}: its text occurs ${found} times in ${file}, expected once`;
}

/** The text of the copy's file with the replacement made. */
function mutated({ file, from, to }) {
  return readFileSync(join(scratch, file), "utf8").replace(from, () => to);
}

function generate() {
  execFileSync(process.execPath, ["build.mjs", "--kernels"], {
    cwd: scratch,
    stdio: ["ignore", "ignore", "pipe"],
  });
}

/** The name of the first test that fails with the mutant in place. */
async function firstFailure(mutant) {
  const file = join(scratch, mutant.file);
  const before = readFileSync(file, "utf8");
  writeFileSync(file, mutated(mutant));
  try {
    try {
      generate();
    } catch (cause) {
      // A kernel that cannot be built says nothing of the tests.
      throw new Error(`${mutant.name}: ${mutant.file} does not build with it`, { cause });
    }
    for (const suite of suitesOf(mutant)) {
      const failure = await run(suite);
      if (failure) return failure;
    }
    return undefined;
  } finally {
    writeFileSync(file, before);
  }
}

function suitesOf({ tests, engine }) {
  return [...tests, ...ENGINE_SUITES[engine]];
}

/** Every suite passes on the tree as it is; else all that follows would say nothing. */
async function proveTests() {
  generate();
  const suites = new Map(chosen.flatMap(suitesOf).map((suite) => [JSON.stringify(suite), suite]));
  for (const suite of suites.values()) {
    const failure = await run(suite);
    if (failure) throw new Error(`fails without any mutant: ${failure}`);
  }
}

/** Runs test files until a test fails: its file and name. */
async function run({ files, filter }) {
  const report = join(scratch, "report.json");
  rmSync(report, { force: true });
  const args = ["run", ...files, "--bail=1", "--maxWorkers=1", "--reporter=json", `--outputFile=${report}`];
  const child = spawn(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", ...args, ...(filter ? ["-t", filter] : [])],
    { cwd: scratch, stdio: "ignore", detached: true },
  );
  running = child.pid;
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), LIMIT);
  const [code, signal] = await new Promise((done) => child.on("exit", (...how) => done(how)));
  running = undefined;
  clearTimeout(timer);
  if (signal) return `${files[0]} does not come to an end`;
  const { testResults, numPassedTests } = JSON.parse(readFileSync(report, "utf8"));
  if (code === 0 && numPassedTests > 0) return undefined;
  for (const { name, message, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === "failed");
    const short = name.slice(name.indexOf("test/"));
    if (failed) return `${short}: ${failed.fullName}`;
    if (message) return `${short}: ${message.split("\n")[0]}`;
  }
  throw new Error(
    `${files.join(" ")} ${filter ?? ""}: vitest ends with ${code} and ${numPassedTests} tests passed`,
  );
}

/** Replaces the table's rows in README.md, by name; rows of mutants that did not run stay. */
function writeTable() {
  const path = fileURLToPath(new URL("README.md", import.meta.url));
  const [head, rest] = readFileSync(path, "utf8").split("<!-- table -->\n");
  const tail = rest.slice(rest.indexOf("<!-- end -->"));
  const known = new Map([...rest.matchAll(/^\| `([^`]+)` .*$/gm)].map(([line, name]) => [name, line]));
  const cell = (text) => text.replaceAll("|", "\\|").replace(/\s+/g, " ");
  for (const { mutant, noticed } of rows) {
    const { name, file, what } = mutant;
    const test = noticed ? cell(noticed.replace(/^test\//, "")) : "**none**";
    known.set(name, `| \`${name}\` | ${cell(what)} | ${file.replace(/^src\//, "")} | ${test} |`);
  }
  const lines = mutants.flatMap(({ name }) => known.get(name) ?? []);
  const table = [
    "| mutant | what is broken | where, in `src` | first failing test |",
    "| --- | --- | --- | --- |",
    ...lines,
  ];
  writeFileSync(path, `${head}<!-- table -->\n${table.join("\n")}\n${tail}`);
}
