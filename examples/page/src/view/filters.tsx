import { useSignal } from "@preact/signals";
import { percent } from "../state/format.js";
import { request, worker } from "../state/session.js";
import { words } from "../state/words.js";
import type { Filtered } from "../worker/protocol.js";
import { Trouble } from "./controls.js";

/** Whether v survives what pictures go through. */
export function Filters() {
  const found = useSignal<readonly Filtered[]>([]);
  const busy = useSignal(false);
  const trouble = useSignal<string | undefined>(undefined);
  const tryThem = async () => {
    busy.value = true;
    trouble.value = undefined;
    const { part, strength } = request.value;
    try {
      found.value = await worker.ask("filters", { part, strength });
    } catch (error) {
      trouble.value = words(error);
    }
    busy.value = false;
  };
  return (
    <section class="card" aria-labelledby="filters-title">
      <div class="bar">
        <div>
          <h2 id="filters-title">Does it survive?</h2>
          <p class="facts">The fooling rate once both images are blurred, filtered or saved as JPEG.</p>
        </div>
        <button type="button" disabled={busy.value} onClick={() => void tryThem()}>
          {busy.value ? "Trying…" : "Try"}
        </button>
      </div>
      {trouble.value && <Trouble>{trouble.value}</Trouble>}
      {found.value.length > 0 && (
        <dl class="bars">
          {found.value.map(({ name, fooled, images }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <meter min={0} max={images} value={fooled} aria-label={`Fooled, ${name}`} />
                <span>{percent(fooled / images)}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
