import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { cameraWords, openCamera } from "../state/camera.js";
import { request, worker } from "../state/session.js";
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
      const camera = await openCamera();
      stop.current = () => {
        on.value = false;
        camera.stop();
      };
      await watch(camera.video);
    } catch (error) {
      stop.current();
      on.value = false;
      trouble.value = cameraWords(error);
    }
  };

  /** Frame after frame, as fast as they are judged. */
  const watch = async (video: HTMLVideoElement) => {
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
