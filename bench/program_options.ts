import { type ParseArgsConfig, parseArgs } from "node:util";

type Declared = NonNullable<ParseArgsConfig["options"]>;

/**
 * The options that a program was given. `--help` prints `usage` and ends it; so does an option that it does not know, with what is wrong
 * and exit status 2.
 */
export function programOptions<const O extends Declared>(
  usage: string,
  options: O,
): ReturnType<typeof parseArgs<{ readonly options: O }>>["values"] {
  if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs<{ readonly options: O }>({ options }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
