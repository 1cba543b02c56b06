/**
 * The bench page. A visitor presses Start; `npm run bench:browser` calls `runBench`, and gets what the visitor sees and
 * saves.
 */
import { defaultOptions, membersOf } from "../choices.js";
import { ENGINES } from "../engine_names.js";
import { type Report, reportText } from "../results.js";
import { runtimeText } from "../runtime.js";
import { describeRuntime } from "./describe.js";
import type { RunRequest, Told } from "./protocol.js";

const find = <E extends HTMLElement>(selector: string): E => document.querySelector(selector) as E;
const [form, save, status, log, result] = [
  find<HTMLFormElement>("#choice"),
  find<HTMLButtonElement>("#save"),
  find("#status"),
  find("#log"),
  find("#result"),
];
const start = find<HTMLButtonElement>("#choice [type=submit]");

/** Runs once, in a worker that ends with the run, and shows what it tells. */
function runBench(request: RunRequest): Promise<Report> {
  const worker = new Worker(new URL("./entry.ts", import.meta.url), { type: "module" });
  start.disabled = true;
  save.disabled = true;
  result.hidden = true;
  log.textContent = "";
  const ended = new Promise<Report>((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(message || "the worker could not be loaded"));
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if ("line" in data) {
        status.textContent = data.line;
        log.append(`${data.line}\n`);
        console.log(data.line);
        return;
      }
      if ("error" in data) return reject(new Error(data.error));
      status.textContent = "Done.";
      result.textContent = data.text;
      result.hidden = false;
      save.disabled = false;
      save.onclick = () => download(reportText(data.report));
      resolve(data.report);
    };
  });
  worker.postMessage(request);
  return ended
    .catch((error: Error) => {
      status.textContent = error.message;
      throw error;
    })
    .finally(() => {
      worker.terminate();
      start.disabled = false;
    });
}

function download(text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "unifool-bench.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(form);
  const text = (name: string): string | undefined => String(given.get(name) ?? "").trim() || undefined;
  try {
    const options = {
      ...defaultOptions(given.get("length") === "quick" ? "quick" : "across"),
      engines: membersOf("engines", text("engines"), ENGINES),
      networks: text("networks")?.split(","),
    };
    // The page shows what went wrong.
    runBench({ options }).catch(() => undefined);
  } catch (error) {
    status.textContent = (error as Error).message;
  }
});

find("#runtime").textContent = runtimeText((await describeRuntime()).runtime);

declare global {
  interface Window {
    runBench: typeof runBench;
  }
}
window.runBench = runBench;
