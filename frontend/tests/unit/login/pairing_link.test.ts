import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceName, isWhole, shortCode, takeSecret } from '../../../src/features/login/pairing_link';

describe('shortCode', () => {
  it.each([
    ['k7qm3xpd', 'K7QM-3XPD'],
    ['K7QM-3XPD', 'K7QM-3XPD'],
    [' k7qm 3xpd\n', 'K7QM-3XPD'],
    ['k7qm', 'K7QM'],
    ['o1il-0000-9999', '0111-0000'],
    ['uu', ''],
  ])('reads %j as %s', (typed, expected) => {
    expect(shortCode(typed)).toBe(expected);
  });

  it('reads its own words', () => {
    fc.assert(fc.property(fc.string(), (typed) => shortCode(shortCode(typed)) === shortCode(typed)));
  });

  it('is whole with eight characters', () => {
    expect(isWhole(shortCode('k7qm3xp'))).toBe(false);
    expect(isWhole(shortCode('k7qm3xpd'))).toBe(true);
  });
});

describe('takeSecret', () => {
  function opened(hash: string): { secret: string | null; left: string | null } {
    let left: string | null = null;
    const history = { replaceState: (_state: unknown, _title: string, url: string) => (left = url) };
    const location = { hash, pathname: '/', search: '' };
    return { secret: takeSecret(location as Location, history as unknown as History), left };
  }

  it('takes the secret out of the address at once', () => {
    expect(opened('#pair=abc-DEF_123')).toEqual({ secret: 'abc-DEF_123', left: '/' });
  });

  it('leaves other addresses alone', () => {
    expect(opened('#elsewhere')).toEqual({ secret: null, left: null });
  });

  it('takes no secret that is cut off, and still clears the address', () => {
    expect(opened('#pair=')).toEqual({ secret: null, left: '/' });
  });
});

describe('deviceName', () => {
  const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
  it.each([
    [`Mozilla/5.0 (Linux; Android 14; Pixel 8) ${WEBKIT} Chrome/130.0 Mobile Safari/537.36`, 'Chrome on Android'],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${WEBKIT} Version/18.0 Mobile Safari/604.1`,
      'Safari on iPhone',
    ],
    [`Mozilla/5.0 (Windows NT 10.0) ${WEBKIT} Chrome/130.0 Safari/537.36 Edg/130.0`, 'Edge on Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0', 'Firefox on Linux'],
    ['curl/8', 'Browser'],
  ])('names %s', (agent, name) => {
    expect(deviceName(agent)).toBe(name);
  });
});
