import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { writeOrRescue } from "../../src/cli/output/rescue.js";
import { buildCommandLine, runCommandLine, runInProcess } from "./support/command_line.js";
import { writeRawFolder, writeTinyModel } from "./support/tiny_model.js";

const FILES = ["before-after.png", "perturbation.npy", "perturbation.png", "report.json"];
let folder: string;
let cli: string;
let source: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "unifool-keep-"));
  const model = writeTinyModel(join(folder, "model"));
  source = [
    "--model",
    model,
    "--images",
    writeRawFolder(join(folder, "images"), 20),
    "--backend",
    "reference",
  ];
  cli = await buildCommandLine("test-keeping-results");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const newPath = (name: string) => join(mkdtempSync(join(folder, "of-")), name);

describe("--out with a report in it", () => {
  it.each(["craft", "deepfool", "apply"])(
    "of %s: names --force and another folder, and leaves it alone",
    async (command) => {
      const out = newPath("out");
      mkdirSync(out);
      writeFileSync(join(out, "report.json"), "earlier");
      const more = command === "apply" ? ["--perturbation", source[1]] : [];
      const { code, stdout, stderr } = await runInProcess([command, ...source, ...more, "--out", out]);
      expect({ code, stdout, stderr }).toEqual({
        code: 2,
        stdout: "",
        stderr: `unifool: --out ${out} holds the report of an earlier run; give --force to replace it, or --out with another folder\n`,
      });
      expect(readdirSync(out)).toEqual(["report.json"]);
      if (command === "apply") return;
      expect((await runInProcess([command, ...source, "--out", out, "--force"])).code).toBe(0);
      expect(JSON.parse(readFileSync(join(out, "report.json"), "utf8"))).toMatchObject({ command });
    },
  );

  it("takes a new folder where none was asked for", async () => {
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(mkdtempSync(join(folder, "cwd-")));
    for (const expected of ["unifool-out", "unifool-out-2", "unifool-out-3"]) {
      const { stdout } = await runInProcess(["craft", ...source, "--passes", "1"]);
      expect(stdout).toContain(`wrote ${join(expected, "perturbation.npy")}`);
    }
    expect(readdirSync(".").sort()).toEqual(["unifool-out", "unifool-out-2", "unifool-out-3"]);
  });
});

describe("what ends a run early loses nothing", () => {
  const endless = ["--passes", "1000000000", "--delta", "0", "--radius", "0.02"];

  it.skipIf(process.platform === "win32").each(["SIGTERM", "SIGHUP"] as const)(
    "%s saves the best v",
    async (signal) => {
      const out = newPath("out");
      let asked = false;
      const { code, stderr } = await runCommandLine(
        cli,
        ["craft", ...source, ...endless, "--out", out],
        (text, kill) => {
          if (!asked && /pass 2 /.test(text)) kill(signal);
          asked ||= /pass 2 /.test(text);
        },
      );
      expect({ code, tail: stderr.trimEnd().split("\n").at(-1) }).toEqual({
        code: 0,
        tail: expect.stringMatching(/^stopping/),
      });
      expect(readdirSync(out).sort()).toEqual(FILES);
      expect(JSON.parse(readFileSync(join(out, "report.json"), "utf8")).interrupted).toBe(true);
    },
  );

  it("a closed stderr", async () => {
    const out = newPath("out");
    const args = [cli, "craft", ...source, "--passes", "3", "--delta", "0", "--out", out];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
    child.stderr.destroy();
    let stdout = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^wrote .*report\.json$/m);
    expect(readdirSync(out).sort()).toEqual(FILES);
  });

  it.skipIf(!existsSync("/dev/full"))("a full disk behind stdout is said, after all is saved", async () => {
    const out = newPath("out");
    const quoted = [cli, "craft", ...source, "--passes", "1", "--out", out]
      .map((word) => `'${word}'`)
      .join(" ");
    const child = spawn("sh", ["-c", `'${process.execPath}' ${quoted} > /dev/full`], { timeout: 60_000 });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(1);
    expect(stderr).toMatch(/^unifool: results cannot be printed: .*no space left on/m);
    expect(readdirSync(out).sort()).toEqual(FILES);
  });

  it.skipIf(process.platform !== "linux")("pictures that the system does not take", async () => {
    const out = newPath("out");
    // The system's limit for the length of a file stands for a full disk: v and the report are shorter, the pictures are not.
    const quoted = [cli, "craft", ...source, "--passes", "1", "--out", out]
      .map((word) => `'${word}'`)
      .join(" ");
    const child = spawn("bash", ["-c", `ulimit -f 5; '${process.execPath}' ${quoted}`], { timeout: 60_000 });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(1);
    const saved = `saved ${join(out, "perturbation.npy")} and ${join(out, "report.json")} without the rest`;
    expect(stderr).toContain(
      `unifool: --out ${out}: the file is longer than the system lets it be; ${saved}\n`,
    );
    expect(readdirSync(out).sort()).toEqual(["perturbation.npy", "report.json"]);
  });
});

describe("writeOrRescue", () => {
  const full = () => {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  };
  const bytes = () => Uint8Array.of(1, 2, 3);

  it("saves elsewhere what would lie beside another run's files", async () => {
    const out = newPath("out");
    mkdirSync(out);
    writeFileSync(join(out, "picture.png"), "earlier");
    const failed = writeOrRescue(out, { "v.npy": bytes, "picture.png": full }, ["v.npy"]);
    const message = await failed.catch((error: Error) => error.message);
    const [, path] = /no space left on the device; saved (\S+) without the rest$/.exec(String(message)) ?? [];
    onTestFinished(() => rmSync(join(path, ".."), { recursive: true }));
    expect(path.startsWith(tmpdir())).toBe(true);
    expect(new Uint8Array(readFileSync(path))).toEqual(bytes());
    expect(readdirSync(out)).toEqual(["picture.png"]);
  });

  it("says so where nothing can be saved, and leaves other errors as they are", async () => {
    const out = newPath("out");
    await expect(writeOrRescue(out, { "v.npy": full }, ["v.npy"])).rejects.toThrow(
      /; nothing could be saved$/,
    );
    const broken = () => {
      throw new Error("a defect");
    };
    await expect(writeOrRescue(out, { "v.npy": bytes, x: broken }, ["v.npy"])).rejects.toThrow(/^a defect$/);
    expect(existsSync(out)).toBe(false);
  });
});
