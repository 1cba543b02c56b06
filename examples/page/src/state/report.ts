import { version } from "../../../../package.json";
import type { Saved } from "../worker/protocol.js";
import { craftOptions } from "./run.js";
import { baseline, points, result } from "./run_state.js";
import { images, model, shown } from "./session.js";
import { hashOf, settings } from "./settings.js";

/** A link to this page that chooses the same and runs it. */
export function link(): string {
  const url = new URL(location.href);
  url.hash = hashOf(settings.value);
  return url.href;
}

/** All that is known of the run. */
export function saveReport(): Saved {
  const loaded = images.value.state === "ready" ? images.value.value : undefined;
  const { picture: _, ...run } = result.value ?? { picture: undefined };
  const { norm, ...options } = craftOptions.value;
  const report = {
    unifool: version,
    date: new Date().toISOString(),
    browser: navigator.userAgent,
    isolated: crossOriginIsolated,
    link: link(),
    model: model.value.state === "ready" ? model.value.value : undefined,
    images: { source: settings.value.images, ...loaded },
    options: { norm: String(norm), ...options },
    result: { ...run, norm: String(norm) },
    randomBaseline: baseline.value?.rate,
    shown: { images: shown.value?.images, fooled: shown.value?.fooled },
    rates: points.value,
  };
  const blob = new Blob([JSON.stringify(report, undefined, 1)], { type: "application/json" });
  return { name: "report.json", blob, note: "Options, engine, rates and hashes of this run." };
}
