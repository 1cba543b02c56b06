import { describe, expect, it } from "vitest";
import { parseBrowserOptions } from "../../bench/browser/options.js";
import { rowName } from "../../bench/case.js";
import { defaultOptions } from "../../bench/choices.js";
import { estimateSeconds, estimateText } from "../../bench/estimate.js";
import { parseOptions } from "../../bench/options.js";
import { planGroups } from "../../bench/plan.js";

describe("options", () => {
  it("name what is wrong", () => {
    expect(() => parseOptions(["--ops", "hessian"])).toThrow("--ops has hessian, expected logits");
    expect(() => parseOptions(["--batches", "0"])).toThrow("--batches has 0, expected an integer from 1");
    expect(() => parseOptions(["--wrong"])).toThrow();
    expect(parseOptions(["--help"])).toBeUndefined();
  });

  it("ask for the rows of a GPU", () => {
    const groups = planGroups(parseOptions(["--gpu"])!, ["resnet20", "mobilenetv2"]);
    expect(new Set(groups.map((g) => g.case.network))).toEqual(new Set(["resnet20", "mobilenetv2"]));
    for (const { engines } of groups) expect(engines).toContain("webgpu");
  });

  it("ask for the same cases in Node and in browsers", () => {
    const names = ["tiny", "resnet20"];
    const cases = (args: readonly string[]) =>
      planGroups(parseOptions(args)!, names).map((g) => [rowName(g.case, "*", "*"), g.engines]);
    const page = parseBrowserOptions(["--quick", "--no-isolation", "--flags=a,b=c"])!;
    expect(planGroups(page.bench, names).map((g) => [rowName(g.case, "*", "*"), g.engines])).toEqual(
      cases(["--quick"]),
    );
    expect(page).toMatchObject({ isolated: false, window: false, flags: ["--a", "--b=c"] });
    const whole = parseBrowserOptions([])!;
    expect(whole.isolated).toBe(true);
    expect(planGroups(whole.bench, names)).toEqual(planGroups(parseOptions(["--across"])!, names));
    expect(parseBrowserOptions(["--help"])).toBeUndefined();
    expect(() => parseBrowserOptions(["--ops", "hessian"])).toThrow("--ops has hessian");
    expect(defaultOptions("quick")).toEqual({ ...parseOptions(["--quick"])! });
    expect(defaultOptions("across")).toEqual({ ...parseOptions(["--across"])! });
    expect(defaultOptions("default")).toEqual({ ...parseOptions([])! });
  });

  it("are worth an estimate: more engines, threads and seconds take longer", () => {
    const groups = planGroups(parseOptions(["--quick"])!, ["resnet20", "tiny"]);
    const estimate = estimateSeconds(groups, [0, 2], 0.25);
    expect(estimate).toBeGreaterThan(estimateSeconds(groups, [0], 0.25));
    expect(estimate).toBeLessThan(estimateSeconds(groups, [0, 2], 0.5));
    expect(estimate).toBeLessThan(90);
    expect(estimateText(groups, [0, 2], 0.25)).toMatch(/^4 cases, about \d+ s$/);
    expect(estimateText(planGroups(parseOptions([])!, ["resnet20"]), [0, 2], 60)).toMatch(
      /about \d+ minutes$/,
    );
  });

  it("ask for several passes of the universal perturbation", () => {
    const options = parseOptions(["--networks", "resnet20", "--uap-images", "500", "--uap-passes", "1,5"])!;
    for (const given of [options, { ...options, ops: ["uap_pass" as const] }]) {
      const cases = planGroups(given, ["resnet20"]).map((g) => g.case);
      expect(cases.filter(({ op }) => op === "uap_pass").map((c) => rowName(c, "*", "*"))).toEqual([
        "uap_pass/resnet20/*/*/500/10",
        "uap_pass.x5/resnet20/*/*/500/10",
      ]);
    }
    expect(() => parseOptions(["--uap-passes", "0"])).toThrow("--uap-passes has 0");
  });

  it("combine operations, batches and classes", () => {
    const options = parseOptions(["--ops", "logits,jacobian", "--batches", "1,8", "--classes", "4,32"])!;
    const cases = planGroups(options, ["resnet20"]).map((g) => g.case);
    expect(cases.map((c) => `${c.op} ${c.batch} ${c.classes}`)).toEqual([
      "logits 1 0",
      "logits 8 0",
      "jacobian 1 4",
      "jacobian 1 32",
      "jacobian 8 4",
      "jacobian 8 32",
    ]);
  });
});
