import { render } from "preact";
import { becomeIsolated } from "./isolation.js";
import { craft, isReady } from "./state/run.js";
import { start } from "./state/session.js";
import { settings, settingsOf } from "./state/settings.js";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/results.css";
import { App } from "./view/app.js";

const linked = settingsOf(location.hash);
settings.value = linked.settings;

// Where the page is about to load again with threads, nothing is begun that would be lost.
if (!(await becomeIsolated())) {
  render(<App />, document.getElementById("page") as HTMLElement);
  start();
  if (linked.run) craftOnce();
}

/** Reproduces a linked run as soon as all is there. */
function craftOnce(): void {
  const stop = isReady.subscribe((ready) => {
    if (!ready) return;
    queueMicrotask(() => stop());
    void craft();
  });
}
