/**
 * Short names of instruments, and what a symbol says.
 *
 * Symbols are unified: `BTC/USDT:USDT` (perpetual), `BTC/USDT:USDT-261225` (dated, yymmdd), `BTC/USDT:USDT-261225-60000-C` (option).
 */

export interface SymbolParts {
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  /** yymmdd, and what an option carries besides; null of a perpetual. */
  readonly expiry: string | null;
  readonly option: string | null;
}

const SHAPE = /^([^/:]+)\/([^/:]+):([^/:-]+)(?:-(\d{6})(?:-(.+))?)?$/;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/** Null for what is no unified symbol of a derivative. */
export function partsOf(symbol: string): SymbolParts | null {
  const [, base, quote, settle, expiry, option] = SHAPE.exec(symbol) ?? [];
  if (base === undefined || quote === undefined || settle === undefined) return null;
  return { base, quote, settle, expiry: expiry ?? null, option: option ?? null };
}

/**
 * `BTC-PERP`, `BTC-25DEC26`; with the quote where it is not USDT (`BTC/USDC-PERP`), and with the settle currency where that
 * differs (`BTC/USD:BTC-PERP`). No two symbols share a name; what is no symbol is its own.
 */
export function shortName(symbol: string): string {
  const parts = partsOf(symbol);
  if (parts === null) return symbol;
  return `${pairName(parts)}-${termName(parts)}`;
}

/** The coin that an order's size is told in: `BTC`. */
export function baseOf(symbol: string): string {
  return partsOf(symbol)?.base ?? symbol;
}

function pairName({ base, quote, settle }: SymbolParts): string {
  if (quote !== settle) return `${base}/${quote}:${settle}`;
  return quote === 'USDT' ? base : `${base}/${quote}`;
}

function termName({ expiry, option }: SymbolParts): string {
  if (expiry === null) return 'PERP';
  const month = MONTHS[Number(expiry.slice(2, 4)) - 1];
  const date = month === undefined ? expiry : `${expiry.slice(4, 6)}${month}${expiry.slice(0, 2)}`;
  return option === null ? date : `${date}-${option}`;
}

/**
 * Whether a search means this symbol: each word of it is in the symbol, its short name or its exchange's name, whatever the case.
 */
export function matches(query: string, symbol: string, exchangeSymbol: string): boolean {
  const names = [symbol, shortName(symbol), exchangeSymbol].map((name) => name.toLowerCase());
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => names.some((name) => name.includes(word)));
}

/** Symbols by how well they answer a search: those whose coin it begins or is come first; otherwise the order stays. */
export function ranked<Item extends { symbol: string }>(query: string, items: readonly Item[]): Item[] {
  const word = query.trim().toLowerCase();
  const rank = (item: Item): number => {
    const base = baseOf(item.symbol).toLowerCase();
    if (base === word) return 0;
    return base.startsWith(word) ? 1 : 2;
  };
  return items
    .map((item, place) => ({ item, place, rank: rank(item) }))
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .map(({ item }) => item);
}
