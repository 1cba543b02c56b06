import { effect, signal } from "@preact/signals";
import { count, shapeText, whole } from "../state/format.js";
import { PRESETS, type PresetName } from "../state/preprocessing.js";
import { isBusy } from "../state/run.js";
import {
  available,
  count as craftingCount,
  images,
  model,
  opening,
  ownModel,
  ownPictures,
} from "../state/session.js";
import { change, settings } from "../state/settings.js";
import { because, doing } from "../state/words.js";
import { Choice, FileField, NumberField, Trouble } from "./controls.js";
import { Frames } from "./frames.js";
import { Perturbation } from "./perturbation.js";

/** Whether there is WebGPU here; undefined until it is known. */
const webgpu = signal<boolean | undefined>(undefined);
void navigator.gpu
  ?.requestAdapter()
  .catch(() => null)
  .then((adapter) => {
    webgpu.value = adapter !== null;
  });
if (!navigator.gpu) webgpu.value = false;
// A link may ask for it all the same.
effect(() => {
  if (webgpu.value === false && settings.value.engine === "webgpu") change({ engine: "auto" });
});

/** What is chosen before a run. */
export function Setup() {
  return (
    <form class="setup" aria-label="Settings" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="plain" disabled={isBusy.value}>
        <ModelCard />
        <ImagesCard />
        <Perturbation />
      </fieldset>
    </form>
  );
}

function ModelCard() {
  const { model: chosen, engine } = settings.value;
  return (
    <section class="card" data-zone="model" aria-labelledby="model-title">
      <h2 id="model-title">Model</h2>
      <Choice
        label="Model"
        quiet
        value={chosen}
        options={[
          { value: "demo", label: "Bundled ResNet-8" },
          { value: "own", label: "Your own" },
        ]}
        onChange={(value) => change({ model: value })}
      />
      {chosen === "own" && <OwnModel />}
      <ModelFacts />
      <Choice
        label="Runs on"
        value={engine}
        options={[
          { value: "auto", label: "Auto" },
          { value: "wasm", label: "WebAssembly" },
          {
            value: "webgpu",
            label: "WebGPU",
            missing: webgpu.value ? undefined : "This browser has no WebGPU here.",
          },
        ]}
        onChange={(value) => change({ engine: value })}
      />
      {webgpu.value === false && (
        <p class="aside">
          No WebGPU here{isSecureContext ? "" : ": it needs https"}. WebAssembly runs everywhere.
        </p>
      )}
    </section>
  );
}

function OwnModel() {
  const { preprocessing, mean, std, size, output } = settings.value;
  // What few models need is asked for where one does.
  const asks = (what: string) => model.value.state === "failed" && model.value.message.includes(what);
  const text = (key: "mean" | "std" | "output", label: string, value: string) => (
    <label class="line">
      {label}
      <input type="text" value={value} onChange={(event) => change({ [key]: event.currentTarget.value })} />
    </label>
  );
  return (
    <>
      <FileField
        zone="model"
        label="Files of your model"
        hint="Drop an .onnx file, a model.json with its weights, or a Teachable Machine zip; a .txt of class names, too."
      />
      {ownModel.value.length > 0 && (
        <>
          <label class="line">
            Expects pixels
            <select
              value={preprocessing}
              onChange={(event) => change({ preprocessing: event.currentTarget.value as PresetName })}
            >
              {Object.entries(PRESETS).map(([name, preset]) => (
                <option key={name} value={name}>
                  {preset.label}
                </option>
              ))}
            </select>
          </label>
          {preprocessing === "custom" && text("mean", "Mean, of 0 to 1", mean)}
          {preprocessing === "custom" && text("std", "Deviation", std)}
          {(output !== "" || asks("class scores below")) && text("output", "Output of class scores", output)}
          {(size > 0 || asks("image size below")) && (
            <NumberField
              label="Image size"
              unit="pixels"
              value={size}
              min={0}
              max={4096}
              onChange={(value) => change({ size: value })}
            />
          )}
        </>
      )}
    </>
  );
}

function ModelFacts() {
  const { value } = model;
  if (value.state === "none") return null;
  if (value.state === "busy") return <p class="facts">{doing(opening.value)}…</p>;
  if (value.state === "failed") return <Trouble>{value.message}</Trouble>;
  const { name, inputShape, classes, parameters, engine, choice, warnings } = value.value;
  return (
    <>
      <p class="facts">
        <b>{name}</b>: {shapeText(inputShape)}, {count(classes, "class", "classes")},{" "}
        {count(parameters, "parameter")}. {engine}.
      </p>
      {choice && <p class="aside">{because(choice)}</p>}
      {warnings.map((warning) => (
        <p key={warning} class="aside">
          {warning}
        </p>
      ))}
    </>
  );
}

function ImagesCard() {
  const { images: chosen } = settings.value;
  return (
    <section class="card" data-zone="pictures" aria-labelledby="images-title">
      <h2 id="images-title">Images</h2>
      <Choice
        label="Images"
        quiet
        value={chosen}
        options={[
          { value: "bundled", label: "Bundled" },
          { value: "own", label: "Your own" },
        ]}
        onChange={(value) => change({ images: value, count: 0 })}
      />
      {chosen === "own" && (
        <FileField
          zone="pictures"
          label="Pictures"
          hint="Drop pictures or a folder of them; hundreds are better than tens. They need no labels."
        />
      )}
      {chosen === "own" && <Frames />}
      {available.value > 1 && (
        <NumberField
          label="Craft on"
          unit={`of ${whole(available.value)}`}
          slider
          value={craftingCount.value}
          min={1}
          max={available.value}
          onChange={(value) => change({ count: Math.round(value) })}
        />
      )}
      <ImageFacts />
    </section>
  );
}

function ImageFacts() {
  const { value } = images;
  if (value.state === "busy") return <p class="facts">Reading the images…</p>;
  if (value.state === "failed") return <Trouble>{value.message}</Trouble>;
  if (value.state === "none") {
    if (settings.value.images === "own" && ownPictures.value.length > 0 && model.value.state !== "busy")
      return (
        <p class="facts">{count(ownPictures.value.length, "picture")}, to be read once there is a model.</p>
      );
    return null;
  }
  const { unseen, broken } = value.value;
  return (
    <>
      {unseen > 0 && <p class="facts">Another {whole(unseen)} are kept apart to judge the result by.</p>}
      {broken.length > 0 && (
        <p class="aside">
          Left out, as no picture: {broken.slice(0, 4).join(", ")}
          {broken.length > 4 && ` and ${broken.length - 4} more`}.
        </p>
      )}
    </>
  );
}
