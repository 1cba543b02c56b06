import { model } from "../state/session.js";
import { change } from "../state/settings.js";
import { classNames, dataFree, takesSteps, target, tile, tilings } from "../state/steps.js";
import { CheckField } from "./controls.js";

/** What only methods of small steps take. */
export function Steps() {
  if (!takesSteps.value) return null;
  return (
    <>
      <TargetField />
      <TileField />
      <CheckField
        label="Without data: v does not depend on the images"
        value={dataFree.value}
        missing={
          target.value === undefined
            ? undefined
            : "Without data there is no class to aim at: choose any other class first."
        }
        onChange={(value) => change({ dataFree: value })}
      />
    </>
  );
}

function TargetField() {
  return (
    <label class="line">
      Images shall be taken for
      <select
        value={target.value ?? -1}
        disabled={dataFree.value}
        onChange={(event) => change({ targetClass: Number(event.currentTarget.value) })}
      >
        <option value={-1}>any other class</option>
        {classNames.value.map((name, label) => (
          // Two classes may bear one name.
          <option key={label} value={label}>
            {name}
          </option>
        ))}
      </select>
      {dataFree.value && <span>Without data there is no class to aim at.</span>}
    </label>
  );
}

function TileField() {
  if (tilings.value.length < 2) return null;
  return (
    <label class="line">
      v repeats a patch
      <select value={tile.value} onChange={(event) => change({ tile: Number(event.currentTarget.value) })}>
        {tilings.value.map((n) => (
          <option key={n} value={n}>
            {tileText(n)}
          </option>
        ))}
      </select>
    </label>
  );
}

function tileText(n: number): string {
  if (n === 1 || model.value.state !== "ready") return "not at all";
  const [height, width] = model.value.value.inputShape;
  return `${n} × ${n} times, of ${height / n} × ${width / n} pixels`;
}
