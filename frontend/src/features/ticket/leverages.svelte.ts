/** Leverages of symbols without a position, as the desk told them in previews and as they were set here. */
import { SvelteMap } from 'svelte/reactivity';

class Leverages {
  readonly #known = new SvelteMap<string, string>();

  get(account: string, symbol: string): string | null {
    return this.#known.get(`${account} ${symbol}`) ?? null;
  }

  learn(account: string, symbol: string, leverage: string): void {
    this.#known.set(`${account} ${symbol}`, leverage);
  }
}

export const leverages = new Leverages();
