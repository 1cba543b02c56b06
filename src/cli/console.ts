import { SingleBar } from "cli-progress";

/**
 * What a command says while it runs. Results go to stdout, progress to stderr: as a bar on a terminal, as plain
 * lines otherwise, and not at all with --json.
 */
export interface Console {
  /** A line of the result, on stdout. */
  print(line: string): void;
  /** A line about progress, on stderr; it scrolls by above the bar. */
  note(line: string): void;
  /** Moves the bar. It appears at the first call and starts anew when `label` changes. */
  progress(label: string, done: number, total: number, detail?: string): void;
  /** Removes the bar. */
  endProgress(): void;
}

/** A console that says nothing: --json. */
export const SILENT: Console = {
  print() {},
  note() {},
  progress() {},
  endProgress() {},
};

/** Where text goes; `isTTY` where somebody is looking. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

export function createConsole(stdout: Output, stderr: Output): Console {
  const bar = stderr.isTTY ? createBar(stderr) : undefined;
  return {
    print: (line) => {
      bar?.end();
      stdout.write(`${line}\n`);
    },
    note: (line) => {
      bar?.end();
      stderr.write(`${line}\n`);
    },
    progress: (label, done, total, detail = "") => bar?.show(label, done, total, detail),
    endProgress: () => bar?.end(),
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
  return {
    show(label: string, done: number, total: number, detail: string) {
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
