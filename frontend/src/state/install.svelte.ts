/** The browser's own offer to install the page, kept until somebody takes it up in the settings. */

/** https://developer.mozilla.org/en-US/docs/Web/API/BeforeInstallPromptEvent; Chromium's browsers have it. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

class Install {
  #offer = $state.raw<InstallPromptEvent | null>(null);

  get offered(): boolean {
    return this.#offer !== null;
  }

  /** From the page's start on: the browser offers once, and early. */
  watch(): () => void {
    const offered = (event: Event): void => void (this.#offer = event as InstallPromptEvent);
    const done = (): void => void (this.#offer = null);
    addEventListener('beforeinstallprompt', offered);
    addEventListener('appinstalled', done);
    return () => {
      removeEventListener('beforeinstallprompt', offered);
      removeEventListener('appinstalled', done);
    };
  }

  /** Lets the browser ask; an offer is good for once. */
  async ask(): Promise<void> {
    const offer = this.#offer;
    this.#offer = null;
    await offer?.prompt();
  }
}

export const install = new Install();
