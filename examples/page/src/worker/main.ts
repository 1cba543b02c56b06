/** The worker: answers what the page asks. */
import { frame } from "./camera.js";
import { crafting } from "./crafting.js";
import { filters } from "./filters.js";
import { look } from "./look.js";
import { openModel } from "./model.js";
import { loadPictures } from "./pictures.js";
import type { Ask, Calls, Events, Heard } from "./protocol.js";
import { saveAdversarial, saveNpy, savePicture } from "./save.js";
import { Session } from "./session.js";
import { transfer } from "./transfer.js";

/** This file is typed for pages; a worker's own scope posts without an origin. */
const scope = globalThis as unknown as {
  postMessage(message: Heard): void;
};

const session = new Session();

function emit<Name extends keyof Events>(event: Name, value: Events[Name]): void {
  scope.postMessage({ event, value } as Heard);
}

const run = crafting(session, emit);

/** An answer may take its time. */
type Answers = {
  readonly [Name in keyof Calls]: (
    ...request: Parameters<Calls[Name]>
  ) => ReturnType<Calls[Name]> | Promise<ReturnType<Calls[Name]>>;
};

const answers: Answers = {
  open: (request) => openModel(session, request, (progress) => emit("opening", progress)),
  load: (request) => loadPictures(session, request),
  ...run,
  look: (request) => look(session, request),
  filters: ({ part, strength }) => filters(session, part, strength),
  frame: ({ bitmap, strength }) => frame(session, bitmap, strength),
  transfer: ({ model, part, strength }) => transfer(session, model, part, strength),
  saveNpy: () => saveNpy(session),
  savePicture: () => savePicture(session),
  saveAdversarial: ({ part, strength }) => saveAdversarial(session, part, strength),
};

/** Hears a message of the page, and posts what comes of it. */
export async function answer({ data: { id, call, request } }: MessageEvent<Ask>): Promise<void> {
  try {
    const value = await (answers[call] as (request: unknown) => unknown)(request);
    scope.postMessage({ id, value });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    scope.postMessage({ id, error: { name, message } });
  }
}
