import { beforeAll, expect, test } from 'vitest';
import { formatNumber, isKey, learn, t, tOr, type Key } from '../../../src/core/i18n';
import app from '../../../src/locales/en/app.json';
import desk from '../../../src/locales/en/desk.json';

beforeAll(() => {
  learn('app', app);
  learn('desk', desk);
});

test('holes are filled in, numbers grouped', () => {
  expect(t('desk.at', { price: '59 000', account: 'sim' })).toBe('at 59 000 · sim');
  expect(formatNumber(12345)).toBe('12,345');
});

test('a hole that is not filled is seen', () => {
  expect(t('desk.at', { price: '1' })).toBe('at 1 · {account}');
});

test('a key that was put together is looked up, or falls back', () => {
  expect([isKey('desk.side.buy'), isKey('desk.side'), isKey('desk.nothing')]).toEqual([true, false, false]);
  expect(tOr('desk.nothing', 'as the desk says')).toBe('as the desk says');
});

interface Tree {
  [name: string]: string | Tree;
}

test('every plural chooses by its count', () => {
  let plurals = 0;
  const visit = (prefix: string, tree: Tree): void => {
    for (const [name, value] of Object.entries(tree)) {
      if (typeof value === 'string') continue;
      if (typeof value['one'] === 'string' && typeof value['other'] === 'string') {
        plurals += 1;
        const key = `${prefix}${name}` as Key;
        expect(t(key, { count: 1 })).toBe(value['one'].replaceAll('{count}', '1'));
        expect(t(key, { count: 2000 })).toBe(value['other'].replaceAll('{count}', '2,000'));
      } else visit(`${prefix}${name}.`, value);
    }
  };
  visit('app.', app);
  expect(plurals).toBeGreaterThan(0);
});
