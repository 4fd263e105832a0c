/** What this browser's user prefers. Kept in this browser, read with distrust. */
import * as v from 'valibot';

const KEY = 'hedgerow.prefs';

const Confirm = v.object({
  limit: v.fallback(v.boolean(), false),
  market: v.fallback(v.boolean(), true),
  close: v.fallback(v.boolean(), true),
  reverse: v.fallback(v.boolean(), true),
  drag: v.fallback(v.boolean(), true),
  cancelLine: v.fallback(v.boolean(), true),
  cancelAll: v.fallback(v.boolean(), true),
});

/** One wrong field costs that field, not all of them. */
const Prefs = v.object({
  theme: v.fallback(v.picklist(['system', 'dark', 'light']), 'system'),
  colours: v.fallback(v.picklist(['green-red', 'red-green', 'blue-orange']), 'green-red'),
  density: v.fallback(v.picklist(['comfortable', 'dense']), 'comfortable'),
  confirm: v.fallback(Confirm, v.parse(Confirm, {})),
  typedAbove: v.fallback(v.pipe(v.string(), v.regex(/^(\d+(\.\d+)?)?$/)), ''),
  favourites: v.fallback(v.array(v.string()), []),
  lastSize: v.fallback(v.record(v.string(), v.object({ size: v.string(), unit: v.string() })), {}),
  presets: v.fallback(v.array(v.string()), ['10', '25', '50', '100']),
});

export type PrefsRecord = v.InferOutput<typeof Prefs>;
export type Theme = PrefsRecord['theme'];
export type Colours = PrefsRecord['colours'];
export type Density = PrefsRecord['density'];
export type ConfirmPrefs = PrefsRecord['confirm'];

/** What `text` says, with the defaults where it says nothing usable. */
export function parsePrefs(text: string | null): PrefsRecord {
  let said: unknown = {};
  try {
    said = JSON.parse(text ?? '{}');
  } catch {
    // Not ours, or cut off: the defaults stand.
  }
  const parsed = v.safeParse(Prefs, typeof said === 'object' && said !== null ? said : {});
  return parsed.success ? parsed.output : v.parse(Prefs, {});
}

/** The actions that can be asked about first. */
export const CONFIRMED: readonly (keyof ConfirmPrefs)[] = [
  'limit',
  'market',
  'close',
  'reverse',
  'drag',
  'cancelLine',
  'cancelAll',
];

class PrefsState implements PrefsRecord {
  theme = $state<Theme>('system');
  colours = $state<Colours>('green-red');
  density = $state<Density>('comfortable');
  confirm = $state<ConfirmPrefs>(v.parse(Confirm, {}));
  /** What an order may be worth, in its settling currency, before it asks for a typed word; empty: never. */
  typedAbove = $state('');
  favourites = $state<string[]>([]);
  lastSize = $state<PrefsRecord['lastSize']>({});
  presets = $state<string[]>([]);

  constructor() {
    Object.assign(this, parsePrefs(localStorage.getItem(KEY)));
    $effect.root(() => {
      $effect(() => localStorage.setItem(KEY, JSON.stringify(this.#record())));
    });
    addEventListener('storage', (event) => {
      if (event.key === KEY) Object.assign(this, parsePrefs(event.newValue)); // another tab's choice
    });
  }

  /** What is done at one press, though it deserves a question: all but a limit order that rests. */
  get armed(): (keyof ConfirmPrefs)[] {
    return CONFIRMED.filter((action) => action !== 'limit' && !this.confirm[action]);
  }

  #record(): PrefsRecord {
    const { theme, colours, density, confirm, typedAbove, favourites, lastSize, presets } = this;
    return { theme, colours, density, confirm, typedAbove, favourites, lastSize, presets };
  }
}

export const prefs = new PrefsState();

class Looks {
  #systemLight = $state(matchMedia('(prefers-color-scheme: light)').matches);

  constructor() {
    matchMedia('(prefers-color-scheme: light)').addEventListener('change', (event) => {
      this.#systemLight = event.matches;
    });
    $effect.root(() => {
      $effect(() => this.#apply());
    });
  }

  /** Which theme is on screen. */
  get theme(): 'dark' | 'light' {
    if (prefs.theme !== 'system') return prefs.theme;
    return this.#systemLight ? 'light' : 'dark';
  }

  #apply(): void {
    const root = document.documentElement;
    root.dataset.theme = this.theme;
    root.dataset.colours = prefs.colours;
    root.dataset.density = prefs.density;
    const bar = this.theme === 'dark' ? '#0a0d12' : '#f1f3f6';
    for (const meta of document.querySelectorAll('meta[name=theme-color]')) meta.setAttribute('content', bar);
  }
}

/** What is on screen by `prefs` and the system; `looks.theme` changes when the chart must be drawn anew. */
export const looks = new Looks();
