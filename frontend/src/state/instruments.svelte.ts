/** What each account can trade; asked for on first use. */
import { SvelteMap } from 'svelte/reactivity';
import { api } from '../core/api';
import { browserTiming } from '../core/timing';
import type { InstrumentView } from '../core/wire';

const AGAIN_MS = 5_000;

interface Listing {
  all: readonly InstrumentView[];
  bySymbol: ReadonlyMap<string, InstrumentView>;
}

class Instruments {
  #listings = new SvelteMap<string, Listing>();
  #asked = new Set<string>();

  of(account: string): readonly InstrumentView[] {
    return this.#listing(account)?.all ?? [];
  }

  get(account: string, symbol: string): InstrumentView | undefined {
    return this.#listing(account)?.bySymbol.get(symbol);
  }

  #listing(account: string): Listing | undefined {
    if (account !== '' && !this.#asked.has(account)) {
      this.#asked.add(account);
      void this.#load(account);
    }
    return this.#listings.get(account);
  }

  async #load(account: string): Promise<void> {
    const answer = await api.get('/api/instruments', { query: { account } });
    if (answer.ok && answer.body.length > 0) {
      const all = answer.body;
      this.#listings.set(account, { all, bySymbol: new Map(all.map((each) => [each.symbol, each])) });
    } else {
      // the account may still be connecting; whoever looks next asks again
      browserTiming.after(AGAIN_MS, () => this.#asked.delete(account));
    }
  }
}

export const instruments = new Instruments();
