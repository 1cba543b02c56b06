import { SingleBar } from "cli-progress";
import { pace } from "./format.js";

/**
 * What a command says while it runs. Results go to stdout, progress to stderr: as a bar on a terminal, as plain
 * lines otherwise, and not at all with --json.
 */
export interface Console {
  /** A line of the result, on stdout. */
  print(line: string): void;
  /** A line about progress, on stderr; it scrolls by above the bar. */
  note(line: string): void;
  /** What goes on without a measure, such as a model that is loaded; on a terminal alone, until anything else is said. */
  status(text: string): void;
  /** Moves the bar. It appears at the first call and starts anew when `label` changes; without `detail` it tells time and pace. */
  progress(label: string, done: number, total: number, detail?: string): void;
  /** Removes the bar. */
  endProgress(): void;
}

/** A console that says nothing: --json. */
export const SILENT: Console = {
  print() {},
  note() {},
  status() {},
  progress() {},
  endProgress() {},
};

/** Where text goes; `isTTY` where somebody is looking. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

export function createConsole(stdout: Output, stderr: Output): Console {
  const bar = stderr.isTTY ? createBar(stderr) : undefined;
  let hasStatus = false;
  const clear = () => {
    bar?.end();
    if (hasStatus) stderr.write("\r\x1b[K");
    hasStatus = false;
  };
  return {
    print: (line) => {
      clear();
      stdout.write(`${line}\n`);
    },
    note: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    status: (text) => {
      if (!stderr.isTTY) return;
      clear();
      stderr.write(`${text} ...`);
      hasStatus = true;
    },
    progress: (label, done, total, detail) => {
      if (hasStatus) clear();
      bar?.show(label, done, total, detail);
    },
    endProgress: clear,
  };
}

function createBar(stream: Output) {
  const bar = new SingleBar({
    format: "{label} {bar} {value}/{total} {detail}",
    barCompleteChar: "━",
    barIncompleteChar: "╌",
    barsize: 28,
    stream,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // Ctrl-C is ours
    fps: 15,
  });
  let shown: string | undefined;
  let begin = 0;
  return {
    show(label: string, done: number, total: number, given?: string) {
      if (shown !== label) begin = performance.now();
      const detail = given ?? pace(done, total, (performance.now() - begin) / 1000);
      if (shown === label) bar.update(done, { label, detail });
      else {
        if (shown !== undefined) bar.stop();
        bar.start(total, done, { label, detail });
        shown = label;
      }
    },
    end() {
      if (shown !== undefined) bar.stop();
      shown = undefined;
    },
  };
}
