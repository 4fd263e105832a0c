/** Every text on the page: one catalogue a feature, typed by what is in it. `build/texts.ts` brings each with its speakers. */
import type accounts from '../locales/en/accounts.json';
import type app from '../locales/en/app.json';
import type book from '../locales/en/book.json';
import type chart from '../locales/en/chart.json';
import type desk from '../locales/en/desk.json';
import type devices from '../locales/en/devices.json';
import type equity from '../locales/en/equity.json';
import type fills from '../locales/en/fills.json';
import type limits from '../locales/en/limits.json';
import type login from '../locales/en/login.json';
import type market from '../locales/en/market.json';
import type more from '../locales/en/more.json';
import type notices from '../locales/en/notices.json';
import type orders from '../locales/en/orders.json';
import type panic from '../locales/en/panic.json';
import type positions from '../locales/en/positions.json';
import type settings from '../locales/en/settings.json';
import type ticket from '../locales/en/ticket.json';
import type trades from '../locales/en/trades.json';
import type ui from '../locales/en/ui.json';

interface Catalogue {
  accounts: typeof accounts;
  app: typeof app;
  book: typeof book;
  chart: typeof chart;
  desk: typeof desk;
  devices: typeof devices;
  equity: typeof equity;
  fills: typeof fills;
  limits: typeof limits;
  login: typeof login;
  market: typeof market;
  more: typeof more;
  notices: typeof notices;
  orders: typeof orders;
  panic: typeof panic;
  positions: typeof positions;
  settings: typeof settings;
  ticket: typeof ticket;
  trades: typeof trades;
  ui: typeof ui;
}

const LANGUAGE = 'en';
const plurals = new Intl.PluralRules(LANGUAGE);
const numbers = new Intl.NumberFormat(LANGUAGE);

/** A text with a form for each plural category: `{"one": "{count} event", "other": "{count} events"}`. */
interface Plural {
  other: string;
  one?: string;
}

type KeysOf<Tree> = {
  [Name in keyof Tree & string]: Tree[Name] extends string | Plural ? Name : `${Name}.${KeysOf<Tree[Name]>}`;
}[keyof Tree & string];

/** `feature.key`, or deeper. */
export type Key = KeysOf<Catalogue>;
export type Params = Readonly<Record<string, string | number>>;

const TEXTS = new Map<string, string | Plural>();

/** Takes in what one catalogue says. */
export function learn(feature: keyof Catalogue, texts: object): void {
  collect(`${feature}.`, texts);
}

/** The text of a key. `{name}` is filled in; a number `count` chooses the plural form; numbers are grouped. */
export function t(key: Key, params: Params = {}): string {
  return worded(key, params);
}

/** Whether a key that was put together is in the catalogue. */
export function isKey(key: string): key is Key {
  return TEXTS.has(key);
}

/** The text of a key that was put together; `fallback` where there is none. */
export function tOr(key: string, fallback: string, params: Params = {}): string {
  return TEXTS.has(key) ? worded(key, params) : fallback;
}

const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
const timeOfDay = new Intl.DateTimeFormat(undefined, CLOCK);
const day = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
const moment = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', ...CLOCK });

/** 14:03:07, of this browser's time zone. */
export function formatTime(ms: number): string {
  return timeOfDay.format(ms);
}

export function formatDate(ms: number): string {
  return day.format(ms);
}

export function formatMoment(ms: number): string {
  return moment.format(ms);
}

/** Counts and the like; money is text already and is shown by `money.shown`. */
export function formatNumber(value: number): string {
  return numbers.format(value);
}

function worded(key: string, params: Params): string {
  const text = TEXTS.get(key);
  if (text === undefined) return key;
  const chosen = typeof text === 'string' ? text : formOf(text, params['count']);
  return chosen.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = params[name];
    return value === undefined ? hole : typeof value === 'number' ? numbers.format(value) : value;
  });
}

function formOf(text: Plural, count: string | number | undefined): string {
  const one = typeof count === 'number' && plurals.select(count) === 'one';
  return one && text.one !== undefined ? text.one : text.other;
}

function collect(prefix: string, tree: object): void {
  for (const [name, value] of Object.entries(tree) as [string, string | Plural | object][]) {
    if (typeof value === 'string' || isPlural(value)) TEXTS.set(prefix + name, value);
    else collect(`${prefix}${name}.`, value);
  }
}

function isPlural(value: object): value is Plural {
  return typeof (value as { other?: unknown }).other === 'string';
}
