/**
 * What the worker begins with. Chunks that load later import what they share, and WebKit runs the script that a worker begins with
 * once more where one of them imports it: so there is nothing in it to share.
 */
const early: MessageEvent[] = [];
const keep = (event: MessageEvent): void => {
  early.push(event);
};
addEventListener("message", keep);
const { answer } = await import("./worker.js");
removeEventListener("message", keep);
addEventListener("message", answer);
for (const event of early) answer(event);

export {};
