import type { UniversalMethod } from "unifool";
import { shapeText } from "../state/format.js";
import { model, radius, usualRadius } from "../state/session.js";
import { change, settings } from "../state/settings.js";
import { dataFree, target as targetClass } from "../state/steps.js";
import { CheckField, Choice, NumberField } from "./controls.js";
import { Steps } from "./steps.js";

const METHODS: Readonly<Record<UniversalMethod, string>> = {
  momentum: "Momentum, signed steps",
  deepfool: "DeepFool, as published in 2017",
  sgd: "SGD",
  sga: "Stochastic gradient aggregation",
};

/** The ball that v stays in, and how long it is looked for. */
export function Perturbation() {
  const { method, norm, passes, target, seed, clip, deterministic, engine } = settings.value;
  const most = norm === "inf" ? 64 : usualRadius.value * 4;
  return (
    <section class="card" aria-labelledby="perturbation-title">
      <h2 id="perturbation-title">Perturbation</h2>
      <Choice
        label="Norm"
        quiet
        value={norm}
        options={[
          { value: "inf", label: <>ℓ∞, every pixel</> },
          { value: "2", label: <>ℓ2, all together</> },
        ]}
        onChange={(value) => change({ norm: value, radius: 0 })}
      />
      <NumberField
        label="Radius"
        unit="levels of 255"
        slider
        value={radius.value}
        min={1}
        max={Math.max(most, radius.value)}
        onChange={(value) => change({ radius: value })}
      />
      <p class="facts">{meaning(norm)}</p>
      <details>
        <summary>More</summary>
        <label class="line">
          Method
          <select
            value={method}
            onChange={(event) => change({ method: event.currentTarget.value as UniversalMethod })}
          >
            {Object.entries(METHODS).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <Steps />
        <NumberField
          label={targetClass.value === undefined ? "Stop when fooled" : "Stop when taken for it"}
          missing={dataFree.value ? "Without data all passes are made." : undefined}
          unit="%"
          value={target}
          min={1}
          max={100}
          onChange={(value) => change({ target: value })}
        />
        <NumberField
          label="Passes at most (0: by the images)"
          value={passes}
          min={0}
          max={1000}
          onChange={(value) => change({ passes: value })}
        />
        <NumberField
          label="Seed"
          value={seed}
          min={0}
          max={Number.MAX_SAFE_INTEGER}
          onChange={(value) => change({ seed: value })}
        />
        <CheckField
          label="Keep image + v within what a picture can show"
          value={clip}
          onChange={(value) => change({ clip: value })}
        />
        {engine !== "webgpu" && (
          <CheckField
            label="The same result on every machine, a little slower"
            value={deterministic}
            onChange={(value) => change({ deterministic: value })}
          />
        )}
      </details>
    </section>
  );
}

function meaning(norm: "inf" | "2"): string {
  if (norm === "inf") return `No pixel changes by more than ${radius.value} of 255.`;
  const shape = model.value.state === "ready" ? model.value.value.inputShape : [32, 32, 3];
  const values = shape.reduce((product, n) => product * n, 1);
  const each = radius.value / Math.sqrt(values);
  return `As much as every one of ${shapeText(shape)} values changing by ${each.toPrecision(2)} of 255.`;
}
