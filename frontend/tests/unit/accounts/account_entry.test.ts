import { describe, expect, it } from 'vitest';
import { bodyOf, emptyEntry, errorsOf, type AccountEntry } from '../../../src/features/accounts/account_entry';

const GOOD: AccountEntry = {
  ...emptyEntry(),
  name: 'main',
  environment: 'live',
  credentials: { apiKey: ' key ', secret: 'secret\n' },
};

describe('an account as it is typed in', () => {
  it('is live only where that was chosen', () => {
    expect(errorsOf({ ...GOOD, environment: emptyEntry().environment }, [])).toEqual({
      environment: 'environment_missing',
    });
  });

  it.each([
    ['', 'name_missing'],
    ['-main', 'name_shape'],
    ['Main', 'name_shape'],
    ['m'.repeat(33), 'name_shape'],
    ['sim', 'name_taken'],
  ])('cannot be called %j', (name, error) => {
    expect(errorsOf({ ...GOOD, name }, ['sim'])).toEqual({ name: error });
  });

  it.each([
    ['https://api.example.com', 'wss://stream.example.com/v5', {}],
    ['http://[::1]:8041', 'ws://127.0.0.1:8041/', {}],
    ['https://user:password@example.com', 'wss://example.com', { rest: 'rest_shape' }],
    ['api.example.com', 'https://example.com', { rest: 'rest_shape', ws: 'ws_shape' }],
  ])('may be at %s and %s', (rest, ws, errors) => {
    expect(errorsOf({ ...GOOD, rest, ws }, [])).toEqual(errors);
  });

  it('needs both addresses where it is simulated, and none elsewhere', () => {
    expect(errorsOf(GOOD, [])).toEqual({});
    expect(errorsOf({ ...GOOD, environment: 'simulation', ws: 'ws://127.0.0.1:1' }, [])).toEqual({
      rest: 'address_missing',
    });
  });

  it('needs every credential of its exchange', () => {
    expect(errorsOf({ ...GOOD, credentials: { apiKey: 'key', secret: ' ' } }, [])).toEqual({
      'credentials.secret': 'credential_missing',
    });
  });

  it('goes out without the blanks that came with the clipboard, and without addresses that were not typed', () => {
    expect(bodyOf({ ...GOOD, ws: ' wss://example.com ', orderEntry: 'rest' })).toEqual({
      name: 'main',
      exchange: 'bybit',
      environment: 'live',
      credentials: { apiKey: 'key', secret: 'secret' },
      urls: { ws: 'wss://example.com' },
      options: { order_entry: 'rest' },
    });
  });
});
