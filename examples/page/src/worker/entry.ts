/**
 * What the worker begins with: nothing but what was said before the rest is there. Chunks that load later import what they
 * share, and WebKit runs the script that a worker begins with once more where one of them imports it.
 */
const early: MessageEvent[] = [];
const keep = (event: MessageEvent): void => {
  early.push(event);
};
addEventListener("message", keep);
const { answer } = await import("./main.js");
removeEventListener("message", keep);
addEventListener("message", answer);
for (const event of early) void answer(event);

export {};
