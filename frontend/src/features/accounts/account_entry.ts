/** An account as it is typed in, what is wrong with it, and what goes to the desk. */
import { isDeskName } from '../../core/desk_names';
import type { AddAccountBody, Environment } from '../../core/wire';
import { exchangeOf } from './exchanges';

export interface AccountEntry {
  name: string;
  exchange: string;
  /** Empty until it is chosen: nothing here is live by accident. */
  environment: Environment | '';
  /** By ccxt's names of them. */
  credentials: Record<string, string>;
  rest: string;
  ws: string;
  orderEntry: 'websocket' | 'rest';
}

export type EntryError =
  | 'name_missing'
  | 'name_shape'
  | 'name_taken'
  | 'environment_missing'
  | 'credential_missing'
  | 'address_missing'
  | 'rest_shape'
  | 'ws_shape';

/** By field; a credential's is `credentials.<name>`. */
export type EntryErrors = Readonly<Record<string, EntryError>>;

const PLACE = String.raw`://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[!-~]*)?$`;
const REST = new RegExp(`^https?${PLACE}`);
const WS = new RegExp(`^wss?${PLACE}`);

export function emptyEntry(): AccountEntry {
  return { name: '', exchange: 'bybit', environment: '', credentials: {}, rest: '', ws: '', orderEntry: 'websocket' };
}

export function credentialsOf(entry: AccountEntry): readonly string[] {
  return exchangeOf(entry.exchange)?.credentials ?? [];
}

export function errorsOf(entry: AccountEntry, taken: readonly string[]): EntryErrors {
  const errors: Record<string, EntryError | null> = {
    name: nameError(entry.name, taken),
    environment: entry.environment === '' ? 'environment_missing' : null,
    rest: addressError(entry, entry.rest, REST, 'rest_shape'),
    ws: addressError(entry, entry.ws, WS, 'ws_shape'),
  };
  for (const name of credentialsOf(entry))
    errors[`credentials.${name}`] = (entry.credentials[name] ?? '').trim() === '' ? 'credential_missing' : null;
  return Object.fromEntries(Object.entries(errors).filter((each): each is [string, EntryError] => each[1] !== null));
}

/** Of an entry without errors. */
export function bodyOf(entry: AccountEntry): AddAccountBody {
  const { rest, ws } = entry;
  const urls = { ...(rest.trim() && { rest: rest.trim() }), ...(ws.trim() && { ws: ws.trim() }) };
  return {
    name: entry.name,
    exchange: entry.exchange,
    environment: entry.environment,
    credentials: Object.fromEntries(credentialsOf(entry).map((name) => [name, (entry.credentials[name] ?? '').trim()])),
    urls,
    options: { order_entry: entry.orderEntry },
  };
}

function nameError(name: string, taken: readonly string[]): EntryError | null {
  if (name === '') return 'name_missing';
  if (!isDeskName(name)) return 'name_shape';
  return taken.includes(name) ? 'name_taken' : null;
}

/** A simulated exchange is where its owner started it; every other has addresses of its own. */
function addressError(entry: AccountEntry, address: string, shape: RegExp, code: EntryError): EntryError | null {
  const text = address.trim();
  if (text === '') return entry.environment === 'simulation' ? 'address_missing' : null;
  return shape.test(text) ? null : code;
}
