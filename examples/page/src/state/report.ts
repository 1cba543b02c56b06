import { version } from "../../../../package.json";
import type { Saved } from "../worker/protocol.js";
import { craftOptions } from "./run.js";
import { baseline, points, ran, result } from "./run_state.js";
import { images, model, shown } from "./session.js";
import { hashOf, settings } from "./settings.js";

/** A link to this page that chooses the same as the run did and runs it. */
export function link(): string {
  const url = new URL(location.href);
  url.hash = hashOf((ran.value ?? { settings: settings.value }).settings);
  return url.href;
}

/** All that is known of the run. */
export function saveReport(): Saved {
  const loaded = images.value.state === "ready" ? images.value.value : undefined;
  const { picture: _, ...run } = result.value ?? { picture: undefined };
  const { norm, ...options } = ran.value?.options ?? craftOptions.value;
  const { classNames: _names, ...info } =
    model.value.state === "ready" ? model.value.value : { classNames: undefined };
  const report = {
    unifool: version,
    date: new Date().toISOString(),
    browser: navigator.userAgent,
    isolated: crossOriginIsolated,
    link: link(),
    model: info,
    images: { source: settings.value.images, ...loaded },
    options: { norm: String(norm), ...options },
    targetName: ran.value?.targetName,
    result: { ...run, norm: String(norm) },
    randomBaseline: baseline.value?.rate,
    shown: { images: shown.value?.images, fooled: shown.value?.fooled, reached: shown.value?.reached },
    rates: points.value,
  };
  const blob = new Blob([JSON.stringify(report, undefined, 1)], { type: "application/json" });
  return { name: "report.json", blob, note: "Options, engine, rates and hashes of this run." };
}
