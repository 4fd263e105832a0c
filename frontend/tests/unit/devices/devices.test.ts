import { describe, expect, it } from 'vitest';
import { imageOf, isOnlyHere } from '../../../src/features/devices/pairing';
import { agoInWords, countdown } from '../../../src/features/devices/when';

const HOUR = 3_600_000;
const NOW = 1_800_000_000_000;

describe('when a browser was last used', () => {
  it.each([
    [0, null],
    [-HOUR, null],
    [HOUR - 1, null],
    [HOUR, '1 hour ago'],
    [23 * HOUR, '23 hours ago'],
    [24 * HOUR, 'yesterday'],
    [72 * HOUR, '3 days ago'],
    [24 * 60 * HOUR, '2 months ago'],
  ])('%i ms ago: %j', (ago, words) => {
    expect(agoInWords(NOW - ago, NOW)).toBe(words);
  });

  it.each([
    [600_000, '10:00'],
    [599_001, '10:00'],
    [61_000, '1:01'],
    [1, '0:01'],
    [0, '0:00'],
    [-5_000, '0:00'],
  ])('%i ms are left: %s', (left, words) => {
    expect(countdown(NOW + left, NOW)).toBe(words);
  });
});

describe('a pairing', () => {
  it.each([
    ['http://localhost:8040/#pair=x', true],
    ['http://desk.localhost:8040/#pair=x', true],
    ['http://127.0.0.1:8040/#pair=x', true],
    ['http://[::1]:8040/#pair=x', true],
    ['https://desk.example.org/#pair=x', false],
    ['https://localhost.example.org/#pair=x', false],
    ['', false],
  ])('%s leads nowhere from a phone: %s', (url, only) => {
    expect(isOnlyHere(url)).toBe(only);
  });

  it('is an image whose address holds no markup', () => {
    const address = imageOf('<svg fill="#000">&</svg>');
    expect(address).not.toMatch(/[<>"#&]/);
    expect(decodeURIComponent(address)).toBe('data:image/svg+xml,<svg fill="#000">&</svg>');
  });
});
