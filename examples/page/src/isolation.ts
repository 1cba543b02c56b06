/** Milliseconds. */
const PATIENCE = 5000;

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
    const { installing, waiting } = await navigator.serviceWorker.register("isolate.js");
    const coming = installing ?? waiting;
    if (coming && !(await activated(coming))) return false;
    location.reload();
    return true;
  } catch {
    // Some browsers have them and forbid them, in private windows for instance.
    return false;
  }
}

/** Whether it comes to work, within a time that a visitor waits for. */
function activated(worker: ServiceWorker): Promise<boolean> {
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state === "activated") resolve(true);
      else if (worker.state === "redundant") resolve(false);
    };
    worker.addEventListener("statechange", look);
    setTimeout(() => resolve(false), PATIENCE);
    look();
  });
}
