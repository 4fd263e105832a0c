import { flushSync } from 'svelte';
import { describe, expect, it } from 'vitest';
import { looks, parsePrefs, prefs } from '../../../src/state/prefs.svelte';

describe('parsePrefs', () => {
  it('has defaults for everything', () => {
    const defaults = parsePrefs(null);
    expect(defaults).toMatchObject({ theme: 'system', colours: 'green-red', density: 'comfortable', favourites: [] });
    expect(defaults.confirm).toEqual({
      limit: false,
      market: true,
      close: true,
      reverse: true,
      drag: true,
      cancelLine: true,
      cancelAll: true,
    });
  });

  it('loses only the field that is wrong', () => {
    const read = parsePrefs('{"theme": "light", "colours": "plaid", "confirm": {"limit": true, "close": 3}}');
    expect(read.theme).toBe('light');
    expect(read.colours).toBe('green-red');
    expect(read.confirm).toMatchObject({ limit: true, close: true });
  });

  it.each(['', 'null', '[', '7', '"x"'])('takes %j for nothing', (text) => {
    expect(parsePrefs(text)).toEqual(parsePrefs(null));
  });
});

describe('prefs', () => {
  it('are kept in this browser, and shown by the document', () => {
    prefs.theme = 'light';
    prefs.colours = 'blue-orange';
    flushSync();
    expect(parsePrefs(localStorage.getItem('hedgerow.prefs')).theme).toBe('light');
    expect(document.documentElement.dataset).toMatchObject({ theme: 'light', colours: 'blue-orange' });
    expect(looks.theme).toBe('light');
  });

  it('follow another tab', () => {
    const newValue = JSON.stringify({ theme: 'dark', favourites: ['BTC/USDT:USDT'] });
    dispatchEvent(Object.assign(new Event('storage'), { key: 'hedgerow.prefs', newValue }));
    flushSync();
    expect(prefs.favourites).toEqual(['BTC/USDT:USDT']);
    expect(document.documentElement.dataset.theme).toBe('dark');
  });
});
