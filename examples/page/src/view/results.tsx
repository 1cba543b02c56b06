import { percent, whole } from "../state/format.js";
import { isBusy } from "../state/run.js";
import { ran, result, usedAs } from "../state/run_state.js";
import { images, request, shown } from "../state/session.js";
import type { LookRequest } from "../worker/protocol.js";
import { Camera } from "./camera.js";
import { CardList } from "./cards.js";
import { Choice } from "./controls.js";
import { Exports } from "./exports.js";
import { Filters } from "./filters.js";
import { Transfer } from "./transfer.js";

/** Images as they are beside images + v, and what can be done with v. */
export function Results() {
  if (images.value.state !== "ready" || !shown.value) return null;
  const { crafting, unseen } = images.value.value;
  // Until it is judged there is nothing to say of a new v.
  const done = result.value !== undefined && !isBusy.value && shown.value.fooled !== undefined;
  return (
    <>
      <section class="card" aria-labelledby="gallery-title">
        <div class="bar">
          <h2 id="gallery-title">{done ? "Before and after" : "What the model sees"}</h2>
          {unseen > 0 && (
            <Choice
              label="Which images"
              quiet
              value={request.value.part}
              options={[
                { value: "unseen", label: `${whole(unseen)} never seen` },
                { value: "crafting", label: `${whole(crafting)} ${usedAs.value}` },
              ]}
              onChange={(part) => ask({ part, most: 12 })}
            />
          )}
        </div>
        {done && <Strength />}
        <CardList look={shown.value} />
        {shown.value.cards.length >= request.value.most && shown.value.images > request.value.most && (
          <div class="buttons middle">
            <button type="button" onClick={() => ask({ most: request.value.most + 24 })}>
              Show more
            </button>
          </div>
        )}
      </section>
      {done && <Filters />}
      {done && <Transfer />}
      {done && <Camera />}
      {done && <Exports />}
    </>
  );
}

function ask(part: Partial<LookRequest>): void {
  request.value = { ...request.value, ...part };
}

/** How strong v is, and what comes of it. */
function Strength() {
  const { strength, only } = request.value;
  const { fooled = 0, images: all, reached } = shown.value ?? { images: 0 };
  return (
    <div class="strength">
      <div>
        <p aria-hidden="true">Strength of v: {percent(strength)}</p>
        <input
          type="range"
          aria-label="Strength of v"
          aria-valuetext={percent(strength)}
          min={0}
          max={2}
          step={0.05}
          value={strength}
          onInput={(event) => ask({ strength: Number(event.currentTarget.value) })}
        />
      </div>
      <p class="verdict" role="status">
        <b>{percent(fooled / Math.max(1, all))}</b> fooled{" "}
        <span class="quiet">({`${whole(fooled)} of ${whole(all)}`})</span>
        {reached && (
          <span class="reached">
            <b>{percent(reached.images / Math.max(1, reached.of))}</b> taken for {ran.value?.targetName}{" "}
            <span class="quiet">({`${whole(reached.images)} of ${whole(reached.of)}`})</span>
          </span>
        )}
      </p>
      <Choice
        label="Show"
        quiet
        value={only}
        options={[
          { value: "all", label: "All" },
          { value: "fooled", label: "Fooled" },
          { value: "held", label: "Not fooled" },
        ]}
        onChange={(value) => ask({ only: value, most: 12 })}
      />
    </div>
  );
}
