import { Command, CommanderError } from "commander";
import { type ApplyOptions, apply } from "./commands/apply.js";
import { craft } from "./commands/craft.js";
import type { CraftOptions } from "./commands/craft_options.js";
import { type DeepfoolCommandOptions, deepfoolCommand } from "./commands/deepfool.js";
import { type EvaluateOptions, evaluate } from "./commands/evaluate.js";
import { type InspectOptions, inspect } from "./commands/inspect.js";
import { type Console, createConsole, type Output, SILENT } from "./console.js";
import { EXIT, oneLine, UsageError } from "./errors.js";
import {
  addCraftOptions,
  addDeepfoolOptions,
  addEngineOptions,
  addImageOptions,
  addModelOptions,
  addPixelOptions,
  addStepOptions,
  clip,
  force,
  json,
  minimalMethod,
  norm,
  out,
  perturbation,
  saveImages,
} from "./options.js";
import { packageVersion } from "./package_root.js";
import type { Report } from "./report.js";
import { explain } from "./spelling.js";

const EXAMPLES = `
Numbers may be written as quotients: --radius 10/255.

Examples:
  $ unifool craft --demo
  $ unifool craft --model model.json --images photos/ --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  $ unifool craft --model model.json --images train.npy --norm 2 --radius 3 --holdout 200 --out results
  $ unifool evaluate --model model.json --images test.npy --perturbation unifool-out/perturbation.npy
  $ unifool deepfool --model model.json --images photos/ --limit 20 --json
  $ unifool apply --perturbation unifool-out/perturbation.npy --images photos/ --out perturbed
  $ unifool inspect --model model.json

Exit codes: 0 done (also when Ctrl-C, SIGTERM or SIGHUP stopped craft and the best perturbation so far was saved),
1 failed, 2 bad usage. With --json a failure is one object too: {"command", "error"}.`;

/**
 * Runs the command line.
 *
 * @param argv the arguments after the program's name
 * @returns the exit code
 */
export async function run(argv: readonly string[], stdout: Output, stderr: Output) {
  const asJson = argv.includes("--json");
  const fail = (error: unknown): number => {
    const message = oneLine(error);
    if (asJson) stdout.write(`${JSON.stringify({ command: argv[0] ?? null, error: message })}\n`);
    stderr.write(`unifool: ${message}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  };
  const console = asJson ? SILENT : createConsole(stdout, stderr);
  const report = (result: Report) => {
    if (asJson) stdout.write(`${JSON.stringify(result)}\n`);
  };
  const program = createProgram(console, report, stdout);
  try {
    if (argv.length === 0) program.help({ error: true });
    await program.parseAsync(argv, { from: "user" });
    return EXIT.done;
  } catch (error) {
    console.endProgress();
    if (!(error instanceof CommanderError)) return fail(error);
    if (error.exitCode === 0) return EXIT.done; // --help, --version
    if (error.code === "commander.help") {
      stderr.write(program.helpInformation());
      return EXIT.usage;
    }
    return fail(new UsageError(explain(error, program)));
  }
}

function createProgram(console: Console, report: (result: Report) => void, stdout: Output): Command {
  const program = new Command("unifool")
    .description("Universal adversarial perturbations for image classifiers.")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => {} }) // run() prints errors
    .addHelpText("after", EXAMPLES);

  const craftCommand = program
    .command("craft")
    .description("make one perturbation that fools the model on most images, and pictures of it");
  addStepOptions(addCraftOptions(addImageOptions(addModelOptions(craftCommand))));
  addEngineOptions(addDeepfoolOptions(craftCommand, { steps: 10 }))
    .addOption(clip())
    .addOption(
      out(
        "folder for perturbation.npy, two pictures and report.json (default: unifool-out, with a number where there is one)",
      ),
    )
    .addOption(force())
    .addOption(json())
    .action(async (options: CraftOptions) => report(await craft(options, console)));

  const evaluateCommand = program
    .command("evaluate")
    .description("measure how many images a perturbation fools the model on");
  addEngineOptions(addImageOptions(addModelOptions(evaluateCommand)))
    .addOption(perturbation("the perturbation, as craft wrote it (.npy)"))
    .addOption(clip())
    .addOption(json())
    .action(async (options: EvaluateOptions) => report(await evaluate(options, console)));

  const applyCommand = program
    .command("apply")
    .description("add a perturbation to images and save them as PNG files");
  addEngineOptions(addImageOptions(addModelOptions(applyCommand)))
    .addOption(perturbation("the perturbation, as craft wrote it (.npy)"))
    .addOption(out("folder for the pictures and report.json"))
    .addOption(force())
    .addOption(json())
    .action(async (options: ApplyOptions) => report(await apply(options, console)));

  const deepfool = program.command("deepfool").description("find the smallest perturbation of each image");
  addImageOptions(addModelOptions(deepfool)).addOption(norm("2")).addOption(minimalMethod());
  addEngineOptions(addDeepfoolOptions(deepfool, { steps: "50; sdf, fmn: 100" }))
    .addOption(clip())
    .addOption(saveImages())
    .addOption(out("folder for perturbations.npy and report.json (default: nothing is written)"))
    .addOption(force())
    .addOption(json())
    .action(async (options: DeepfoolCommandOptions) => report(await deepfoolCommand(options, console)));

  const inspectCommand = program
    .command("inspect")
    .description("describe a model: layers, shapes, work, what it needs");
  addPixelOptions(addImageOptions(addModelOptions(inspectCommand)))
    .addOption(json())
    .action(async (options: InspectOptions) => report(await inspect(options, console)));

  return program;
}
