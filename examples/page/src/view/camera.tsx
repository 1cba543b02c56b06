import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { request, worker } from "../state/session.js";
import { words } from "../state/words.js";
import type { Card } from "../worker/protocol.js";
import { Pair } from "./cards.js";
import { Trouble } from "./controls.js";

/** v on what a camera sees. */
export function Camera() {
  const card = useSignal<Card | undefined>(undefined);
  const on = useSignal(false);
  const trouble = useSignal<string | undefined>(undefined);
  const stop = useRef(() => {});
  useEffect(() => () => stop.current(), []);

  const start = async () => {
    trouble.value = undefined;
    on.value = true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640 } });
      stop.current = () => {
        on.value = false;
        for (const track of stream.getTracks()) track.stop();
      };
      await watch(stream);
    } catch (error) {
      stop.current();
      on.value = false;
      trouble.value = why(error);
    }
  };

  /** Frame after frame, as fast as they are judged. */
  const watch = async (stream: MediaStream) => {
    const video = Object.assign(document.createElement("video"), { muted: true, srcObject: stream });
    await video.play();
    while (on.value) {
      const bitmap = await createImageBitmap(video);
      card.value = await worker.ask("frame", { bitmap, strength: request.value.strength });
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  };

  return (
    <section class="card" aria-labelledby="camera-title">
      <div class="bar">
        <div>
          <h2 id="camera-title">On your camera</h2>
          <p class="facts">
            What the model takes each frame for, without and with v. Frames stay in this tab.
          </p>
        </div>
        <button type="button" onClick={() => (on.value ? stop.current() : void start())}>
          {on.value ? "Stop" : "Start"}
        </button>
      </div>
      {trouble.value && <Trouble>{trouble.value}</Trouble>}
      {card.value && (
        <ul class="cards camera" aria-label="Camera">
          <Pair card={card.value} name="The frame" />
        </ul>
      )}
    </section>
  );
}

function why(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError")
    return "The camera was not allowed: allow it beside the address, and start again.";
  if (name === "NotFoundError") return "There is no camera here.";
  if (!navigator.mediaDevices) return "Cameras need https.";
  return words(error);
}
