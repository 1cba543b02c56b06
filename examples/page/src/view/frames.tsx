import { useSignal } from "@preact/signals";
import { cameraWords, takeFrames } from "../state/camera.js";
import { takeFiles } from "../state/session.js";
import { Trouble } from "./controls.js";

const FRAMES = 50;

/** Pictures from the camera, for those who have none at hand. */
export function Frames() {
  const taken = useSignal<number | undefined>(undefined);
  const trouble = useSignal<string | undefined>(undefined);
  const take = async () => {
    taken.value = 0;
    trouble.value = undefined;
    try {
      const frames = await takeFrames(FRAMES, (count) => {
        taken.value = count;
      });
      await takeFiles(frames, "pictures");
    } catch (error) {
      trouble.value = cameraWords(error);
    }
    taken.value = undefined;
  };
  return (
    <>
      <div class="buttons">
        <button type="button" disabled={taken.value !== undefined} onClick={() => void take()}>
          {taken.value === undefined ? `Take ${FRAMES} with the camera` : `Taken ${taken.value} of ${FRAMES}`}
        </button>
      </div>
      {trouble.value && <Trouble>{trouble.value}</Trouble>}
    </>
  );
}
