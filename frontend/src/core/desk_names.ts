/** What accounts, tokens and destinations may be called. */

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

export const NAME_MOST = 32;

export function isDeskName(text: string): boolean {
  return NAME.test(text);
}

/** A name as it is typed: lower case, a hyphen for what cannot stand in it. */
export function asDeskName(typed: string): string {
  return typed
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, NAME_MOST);
}
