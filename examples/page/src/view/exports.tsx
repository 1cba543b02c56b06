import { useSignal } from "@preact/signals";
import { link, saveReport } from "../state/report.js";
import { request, worker } from "../state/session.js";
import { settings } from "../state/settings.js";
import { saveStrip } from "../state/strip.js";
import { words } from "../state/words.js";
import type { Saved } from "../worker/protocol.js";
import { Trouble } from "./controls.js";

/** What can be taken along. */
export function Exports() {
  const note = useSignal<string | undefined>(undefined);
  const trouble = useSignal<string | undefined>(undefined);
  const save = async (make: () => Saved | Promise<Saved>) => {
    trouble.value = undefined;
    try {
      const saved = await make();
      download(saved);
      note.value = `${saved.name}: ${saved.note}`;
    } catch (error) {
      trouble.value = words(error);
    }
  };
  const share = async () => {
    const href = link();
    history.replaceState(undefined, "", href);
    const own = settings.value.model === "own" || settings.value.images === "own";
    const whose = own ? " Whoever opens it adds the same files." : "";
    note.value = await navigator.clipboard.writeText(href).then(
      () => `The link is on the clipboard and in the address bar.${whose}`,
      () => `The link is in the address bar.${whose}`,
    );
  };
  const buttons: readonly (readonly [string, () => Promise<void>])[] = [
    ["v as .npy", () => save(() => worker.ask("saveNpy"))],
    ["v as PNG", () => save(() => worker.ask("savePicture"))],
    ["v growing", () => save(saveStrip)],
    ["Images + v", () => save(() => worker.ask("saveAdversarial", { ...request.value }))],
    ["Report", () => save(saveReport)],
    ["Copy link to this run", share],
  ];
  return (
    <section class="card" aria-labelledby="exports-title">
      <h2 id="exports-title">Take it along</h2>
      <div class="buttons">
        {buttons.map(([name, act]) => (
          <button key={name} type="button" onClick={() => void act()}>
            {name}
          </button>
        ))}
      </div>
      <p class="facts" role="status">
        {note.value}
      </p>
      {trouble.value && <Trouble>{trouble.value}</Trouble>}
    </section>
  );
}

function download({ name, blob }: Saved): void {
  const anchor = Object.assign(document.createElement("a"), {
    href: URL.createObjectURL(blob),
    download: name,
  });
  anchor.click();
  // The browser has the blob by now.
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10_000);
}
