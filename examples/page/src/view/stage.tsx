import { count, duration, percent, short, whole } from "../state/format.js";
import { cancel, craft, isBusy, isReady, pause, resume } from "../state/run.js";
import { failure, moments, points, progress, ran, result, runState, usedAs } from "../state/run_state.js";
import { images, model } from "../state/session.js";
import { settings } from "../state/settings.js";
import { RateChart } from "./chart.js";
import { Trouble } from "./controls.js";
import { Picture } from "./picture.js";

/** The run: what it has come to, and what can be done about it. */
export function Stage() {
  return (
    <section class="card stage" aria-labelledby="stage-title">
      <div class="bar">
        <div>
          <h2 id="stage-title">{title()}</h2>
          <p class="facts" role="status">
            {status()}
          </p>
        </div>
        <Buttons />
      </div>
      {failure.value && <Trouble>{failure.value}</Trouble>}
      <div class="panels">
        <Growing />
        <RateChart />
      </div>
      <Numbers />
      <Strip />
    </section>
  );
}

function Buttons() {
  const state = runState.value;
  if (!isBusy.value)
    return (
      <div class="buttons">
        <button class="primary" type="button" disabled={!isReady.value} onClick={() => void craft()}>
          {state === "done" ? "Craft again" : "Craft"}
        </button>
      </div>
    );
  return (
    <div class="buttons">
      <button type="button" onClick={state === "paused" ? resume : pause}>
        {state === "paused" ? "Go on" : "Pause"}
      </button>
      <button type="button" onClick={cancel}>
        Cancel
      </button>
    </div>
  );
}

function title(): string {
  if (runState.value === "running") return "Crafting";
  if (runState.value === "paused") return "Paused";
  if (runState.value === "done") return result.value?.cancelled ? "Cancelled" : "Done";
  return isReady.value ? "Ready" : "One perturbation for all images";
}

/** One sentence; it changes seldom, as it is read aloud. */
function status(): string {
  const state = runState.value;
  if (state === "running") {
    const { pass, passes } = progress.value ?? { pass: 1, passes: settings.value.passes };
    return `Pass ${pass}${passes > 0 ? ` of at most ${passes}` : ""}.`;
  }
  if (state === "paused") return "Nothing is computed until you go on.";
  const done = result.value;
  if (state === "done" && done) {
    const rate = `${percent(done.rate ?? 0)} of the images it was ${usedAs.value}`;
    const after = `after ${duration(done.seconds)}`;
    const name = ran.value?.targetName;
    if (name) return `${done.cancelled ? "The best so far" : "It"} has ${rate} taken for ${name}, ${after}.`;
    return `${done.cancelled ? "The best so far" : "It"} fools ${rate}, ${after}.`;
  }
  if (isReady.value && images.value.state === "ready")
    return `${count(images.value.value.crafting, "image")} to craft on. No labels are needed.`;
  if (model.value.state === "busy" || images.value.state === "busy")
    return "Getting the model and images ready…";
  if (model.value.state === "failed") return "The model could not be read.";
  if (model.value.state === "none") return "Choose a model to begin.";
  return images.value.state === "failed" ? "The images could not be read." : "Choose images to begin.";
}

/** v as it grows. */
function Growing() {
  const seen = result.value ?? progress.value;
  return (
    <figure class="growing">
      {seen ? (
        <Picture image={seen.picture} label={`The perturbation v, amplified ${seen.scale} times`} />
      ) : (
        <div class="nothing">
          <span>v</span>
        </div>
      )}
      <figcaption>
        {seen ? (
          <>
            v, amplified <b>{short(seen.scale)}×</b> around grey
          </>
        ) : (
          "The perturbation grows here"
        )}
      </figcaption>
    </figure>
  );
}

/** v at moments of the run, side by side. */
function Strip() {
  if (moments.value.length < 2) return null;
  return (
    <ul class="strip" aria-label="v as it grew">
      {moments.value.map(({ picture, seconds }) => (
        <li key={seconds}>
          <Picture image={picture} label={`v after ${duration(seconds)}`} />
          <span class="quiet">{duration(seconds)}</span>
        </li>
      ))}
    </ul>
  );
}

function Numbers() {
  const at = progress.value;
  const done = result.value;
  const rate = done?.rate ?? points.value.at(-1)?.rate;
  const rows: readonly (readonly [string, string])[] = [
    [ran.value?.targetName ? "On target" : "Fooled", rate === undefined ? "–" : percent(rate)],
    ["Images a second", at ? short(at.imagesPerSecond) : "–"],
    ["Elapsed", done ? duration(done.seconds) : at ? duration(at.elapsed) : "–"],
    done
      ? ["Passes", whole(done.history.length)]
      : ["At most to go", at?.remaining === undefined ? "–" : duration(at.remaining)],
  ];
  return (
    <dl class="numbers">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
