import { untracked, useSignal, useSignalEffect } from "@preact/signals";
import { sortFiles } from "../state/files.js";
import { percent } from "../state/format.js";
import { PRESETS, type PresetName, preprocessingOf } from "../state/preprocessing.js";
import { otherModel, request, worker } from "../state/session.js";
import { settings } from "../state/settings.js";
import { words } from "../state/words.js";
import type { Filtered } from "../worker/protocol.js";
import { FileField, Trouble } from "./controls.js";

/** What v does to a model that it was not crafted for. */
export function Transfer() {
  const found = useSignal<readonly Filtered[]>([]);
  const busy = useSignal(false);
  const trouble = useSignal<string | undefined>(undefined);
  const preset = useSignal<PresetName>("file");

  const tryOn = async (files: readonly File[]) => {
    busy.value = true;
    trouble.value = undefined;
    try {
      const { engine, deterministic } = settings.value;
      const { model } = await sortFiles(files);
      if (model.length === 0) throw new Error("There is no model among these files.");
      const preprocessing = preprocessingOf(preset.value, "", "");
      const { part, strength } = request.value;
      const other = { files: model, engine, deterministic, preprocessing };
      const rate = await worker.ask("transfer", { model: other, part, strength });
      found.value = [...found.value.filter(({ name }) => name !== rate.name), rate];
    } catch (error) {
      trouble.value = words(error);
    }
    busy.value = false;
  };

  // With a new v it is tried again.
  useSignalEffect(() => {
    const files = otherModel.value;
    if (files.length > 0) untracked(() => void tryOn(files));
  });

  return (
    <section class="card" aria-labelledby="transfer-title">
      <div>
        <h2 id="transfer-title">Does it fool another model?</h2>
        <p class="facts">v often carries over to models that it was not crafted for.</p>
      </div>
      <label class="line">
        It expects pixels
        <select
          value={preset.value}
          onChange={(event) => {
            preset.value = event.currentTarget.value as PresetName;
          }}
        >
          {Object.entries(PRESETS)
            .filter(([name]) => name !== "custom")
            .map(([name, { label }]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
        </select>
      </label>
      <FileField
        zone="other"
        label="Files of another model"
        hint={busy.value ? "Reading it…" : "Its files, of the same image size, as above."}
      />
      {trouble.value && <Trouble>{trouble.value}</Trouble>}
      <ul class="facts">
        {found.value.map(({ name, fooled, images }) => (
          <li key={name}>
            <b>{name}</b>: {percent(fooled / images)} fooled ({fooled} of {images})
          </li>
        ))}
      </ul>
    </section>
  );
}
