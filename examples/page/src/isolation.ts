/** Milliseconds that a visitor waits for threads. */
const PATIENCE = 3000;

const TRIED = "unifool-isolation-tried";

/**
 * On a server that does not send the two headers of cross-origin isolation a service worker adds them, which takes one
 * reload. Where that cannot be, the page computes on one thread.
 *
 * @returns true where the page is loading again
 */
export async function becomeIsolated(): Promise<boolean> {
  if (crossOriginIsolated || !isSecureContext || !("serviceWorker" in navigator)) return false;
  try {
    // Once a visit: where it did not help it will not.
    if (sessionStorage.getItem(TRIED)) return false;
    sessionStorage.setItem(TRIED, "1");
    if (!(await Promise.race([serving(), patience()]))) return false;
    location.reload();
    return true;
  } catch {
    // Some browsers have them and forbid them, in private windows for instance.
    return false;
  }
}

/** Whether a service worker that adds the headers comes to work. */
async function serving(): Promise<boolean> {
  const { installing, waiting } = await navigator.serviceWorker.register("isolate.js");
  const coming = installing ?? waiting;
  return coming === null || (await activated(coming));
}

function activated(worker: ServiceWorker): Promise<boolean> {
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state === "activated") resolve(true);
      else if (worker.state === "redundant") resolve(false);
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

/** Nothing says that a browser answers soon, or ever, and there is no page before. */
const patience = (): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), PATIENCE));
