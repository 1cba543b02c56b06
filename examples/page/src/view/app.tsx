import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { droppedFiles } from "../state/files.js";
import { isBusy } from "../state/run.js";
import { failure } from "../state/run_state.js";
import { takeFiles, ZONES, type Zone } from "../state/session.js";
import { Results } from "./results.js";
import { Setup } from "./setup.js";
import { Stage } from "./stage.js";

export function App() {
  return (
    <>
      <header class="top">
        <h1>unifool</h1>
        <p>
          One small perturbation, added to almost any image, makes a classifier wrong. Find it here, for
          yours.
        </p>
      </header>
      <main class="layout">
        <Setup />
        <div class="work">
          <Stage />
          <Results />
        </div>
      </main>
      <footer class="bottom">
        Models and images stay in this tab; nothing is sent anywhere. Universal adversarial perturbations
        after Moosavi-Dezfooli et al., CVPR 2017.
      </footer>
      <Curtain />
    </>
  );
}

/** Files may be dropped anywhere. */
function Curtain() {
  const over = useSignal(false);
  useEffect(() => {
    let depth = 0;
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (holdsFiles(event)) over.value = ++depth > 0;
    };
    const leave = (event: DragEvent) => {
      if (holdsFiles(event)) over.value = --depth > 0;
    };
    const hover = (event: DragEvent) => event.preventDefault();
    const drop = async (event: DragEvent) => {
      event.preventDefault();
      depth = 0;
      over.value = false;
      if (!event.dataTransfer) return;
      const zone = zoneOf(event.target);
      const files = await droppedFiles(event.dataTransfer);
      if (isBusy.value) failure.value = "A run is under way: cancel it first, then drop files.";
      else await takeFiles(files, zone);
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: hover, drop } as const;
    for (const [type, listener] of Object.entries(listeners))
      addEventListener(type, listener as (event: Event) => void);
    return () => {
      for (const [type, listener] of Object.entries(listeners))
        removeEventListener(type, listener as (event: Event) => void);
    };
  }, [over]);
  return over.value ? (
    <div class="curtain" aria-hidden="true">
      <p>Drop a model, pictures, or a folder or zip of them</p>
    </div>
  ) : null;
}

function zoneOf(target: EventTarget | null): Zone | undefined {
  const zone =
    target instanceof Element ? target.closest("[data-zone]")?.getAttribute("data-zone") : undefined;
  return ZONES.find((name) => name === zone);
}
