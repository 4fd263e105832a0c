import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { installHint } from '../../../src/features/settings/install_hint';
import { asPreset, presetError, PRESETS_MOST, withPreset } from '../../../src/features/settings/presets';
import { sentence } from '../../../src/features/settings/problem_words';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19 Safari/605.1.15';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19 Mobile Safari/604.1';
const ANDROID = 'Mozilla/5.0 (Linux; Android 16; Pixel) AppleWebKit/537.36 Chrome/156.0.0.0 Mobile Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0';

describe('the hint how to install', () => {
  it.each([
    [CHROME, 0, 'desktop'],
    [SAFARI, 0, 'safari'],
    [SAFARI, 5, 'ios'],
    [IPHONE, 5, 'ios'],
    [ANDROID, 5, 'android'],
    [FIREFOX, 0, 'firefox'],
  ])('%s', (userAgent, touchPoints, hint) => {
    expect(installHint({ userAgent, touchPoints, standalone: false, secure: true })).toBe(hint);
  });

  it('is none where it is installed, and another where it cannot be', () => {
    const browser = { userAgent: IPHONE, touchPoints: 5, standalone: false, secure: false };
    expect(installHint(browser)).toBe('insecure');
    expect(installHint({ ...browser, secure: true, standalone: true })).toBe('installed');
  });
});

describe('size presets', () => {
  it('stay in order, each once, few enough', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 130 }).map(String)), (all) => {
        let presets: string[] = [];
        for (const typed of all) {
          const preset = asPreset(typed);
          if (preset !== null && presetError(typed, presets) === null) presets = withPreset(preset, presets);
        }
        const numbers = presets.map(Number);
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        expect(numbers.length).toBeLessThanOrEqual(PRESETS_MOST);
        expect(numbers.every((percent) => percent >= 1 && percent <= 100)).toBe(true);
      }),
    );
  });

  it.each([
    ['33 %', '33'],
    ['007', '7'],
    ['0', null],
    ['12.5', null],
    ['', null],
  ])('%j is %j', (typed, preset) => {
    expect(asPreset(typed)).toBe(preset);
  });
});

it("makes a sentence of the desk's words", () => {
  expect(sentence('still connecting')).toBe('Still connecting.');
  expect(sentence('Who is there?')).toBe('Who is there?');
  expect(sentence('')).toBe('');
});
