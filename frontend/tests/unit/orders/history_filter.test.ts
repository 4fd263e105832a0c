import { expect, test } from 'vitest';
import { csvPath, ENDED, NO_FILTER, queryOf } from '../../../src/core/history_filter';

test('without a filter, fills are asked for as they are and orders by having ended', () => {
  expect(queryOf(NO_FILTER, false)).toEqual({});
  expect(queryOf(NO_FILTER, true)).toEqual({ status: ENDED });
});

test('days are whole days of this time zone, both included', () => {
  const { since, until } = queryOf({ ...NO_FILTER, since: '2026-02-27', until: '2026-02-28' }, false);
  expect(since).toBe(new Date(2026, 1, 27).getTime());
  expect(until).toBe(new Date(2026, 2, 1).getTime());
  expect(queryOf({ ...NO_FILTER, since: 'soon' }, false)).toEqual({});
});

test('the file has the filters of the list', () => {
  const query = queryOf({ ...NO_FILTER, symbol: 'BTC/USDT:USDT', status: 'filled', search: ' a&b ' }, true);
  expect(csvPath('/api/orders.csv', query)).toBe('/api/orders.csv?symbol=BTC%2FUSDT%3AUSDT&search=a%26b&status=filled');
  expect(csvPath('/api/fills.csv', {})).toBe('/api/fills.csv');
  expect(csvPath('/api/orders.csv', queryOf(NO_FILTER, true)).match(/status=/g)).toHaveLength(ENDED.length);
});
