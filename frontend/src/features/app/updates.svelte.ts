/** Installs the service worker, and tells when a newer page waits. */

const ASK_AGAIN_MS = 60 * 60_000;
/** A browser lets a worker finish what it does, for minutes if need be; a reload ends that. */
const TAKES_OVER_MS = 3_000;

export class Updates {
  /** A newer page is here; it comes with the next reload. */
  ready = $state(false);
  #registration: ServiceWorkerRegistration | undefined;
  #asked = false;

  async start(): Promise<void> {
    const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined; // none over plain HTTP
    if (workers === undefined) return;
    const controlled = workers.controller !== null;
    workers.addEventListener('controllerchange', () => {
      if (this.#asked) location.reload();
      else if (controlled) this.ready = true; // another tab took the newer page
    });
    try {
      this.#registration = await workers.register(trusted('/sw.js') as string, { updateViaCache: 'none' });
    } catch (fault) {
      console.warn('the page works without its service worker:', fault);
      return;
    }
    this.#watch(this.#registration);
    setInterval(() => void this.#registration?.update().catch(() => undefined), ASK_AGAIN_MS);
  }

  /** The newer page takes over, and this one reloads. */
  apply(): void {
    this.#asked = true;
    const waiting = this.#registration?.waiting;
    if (!waiting) {
      location.reload();
      return;
    }
    waiting.postMessage('take over');
    setTimeout(() => location.reload(), TAKES_OVER_MS);
  }

  #watch(registration: ServiceWorkerRegistration): void {
    if (registration.waiting && navigator.serviceWorker.controller) this.ready = true;
    registration.addEventListener('updatefound', () => {
      const worker = registration.installing;
      worker?.addEventListener('statechange', () => {
        if (worker.state === 'installed' && navigator.serviceWorker.controller) this.ready = true;
      });
    });
  }
}

export const updates = new Updates();

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): {
    createScriptURL: (url: string) => unknown;
  };
}

/** A worker's address must be a trusted one where the browser enforces Trusted Types. */
function trusted(url: string): unknown {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  return types?.createPolicy('hedgerow-worker', { createScriptURL: (own) => own }).createScriptURL(url) ?? url;
}
