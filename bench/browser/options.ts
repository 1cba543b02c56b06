import { type Options, parseOptions } from "../options.js";

export const HELP = `Usage: npm run bench:browser -- [options]

Runs the bench page in a headless Chromium: the cases of npm run bench -- --across, on what a browser has.

  --quick              a few rows of every engine, in under 90 seconds
  --no-isolation       without the headers that give a page shared memory, and so threads
  --window             with a window, on a machine that has a screen
  --flags=A,B          further flags of Chromium, without their dashes; a GPU on Linux may need enable-features=Vulkan
  --networks, --ops, --batches, --classes, --engines, --threads, --seconds
                       as npm run bench -- --help says
  --json FILE          also write everything to a file
  --help

CHROMIUM_PATH names the Chromium. Another browser: npm run bench:page, and press Start.`;

/** Of `npm run bench:browser`. */
export interface BrowserOptions {
  readonly isolated: boolean;
  readonly window: boolean;
  readonly flags: readonly string[];
  readonly bench: Options;
}

/** @throws Error, one line, for options that are wrong; undefined where help is asked for */
export function parseBrowserOptions(args: readonly string[]): BrowserOptions | undefined {
  const [isolation, window, flags] = ["--no-isolation", "--window", "--flags="];
  const own = (arg: string): boolean => arg === isolation || arg === window || arg.startsWith(flags);
  const bench = parseOptions(args.filter((arg) => !own(arg)));
  if (!bench) return undefined;
  const given = args.findLast((arg) => arg.startsWith(flags))?.slice(flags.length);
  return {
    isolated: !args.includes(isolation),
    window: args.includes(window),
    flags: given?.split(",").map((flag) => `--${flag}`) ?? [],
    bench: { ...bench, across: !bench.quick },
  };
}
