/** Which markets the user has starred. */
import { prefs } from '../../state/prefs.svelte';

export function isFavourite(symbol: string): boolean {
  return prefs.favourites.includes(symbol);
}

export function toggleFavourite(symbol: string): void {
  prefs.favourites = isFavourite(symbol)
    ? prefs.favourites.filter((each) => each !== symbol)
    : [...prefs.favourites, symbol];
}

/** Favourites first, in the order that they were starred; the rest as it is. */
export function favouritesFirst<Item extends { symbol: string }>(items: readonly Item[]): Item[] {
  const places = new Map(prefs.favourites.map((symbol, place) => [symbol, place]));
  const place = (item: Item): number => places.get(item.symbol) ?? places.size;
  return [...items].sort((a, b) => place(a) - place(b));
}
