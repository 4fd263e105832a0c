/** Services as Apprise addresses them: https://appriseit.com/services. */

export interface Service {
  readonly label: string;
  readonly address: string;
}

export const EXAMPLES: readonly Service[] = [
  { label: 'Telegram', address: 'tgram://BOT_TOKEN/CHAT_ID' },
  { label: 'ntfy', address: 'ntfys://ntfy.sh/TOPIC' },
  { label: 'Mail', address: 'mailtos://USER:PASSWORD@example.com?to=me@example.org' },
  { label: 'Webhook', address: 'jsons://example.org/hook' },
];

const LABELS: Readonly<Record<string, string>> = {
  tgram: 'Telegram',
  ntfy: 'ntfy',
  ntfys: 'ntfy',
  mailto: 'Mail',
  mailtos: 'Mail',
  json: 'Webhook',
  jsons: 'Webhook',
  discord: 'Discord',
  slack: 'Slack',
  matrix: 'Matrix',
  matrixs: 'Matrix',
  pover: 'Pushover',
  gotify: 'Gotify',
  gotifys: 'Gotify',
  signal: 'Signal',
  signals: 'Signal',
};

/** Of an address only the scheme is known. */
export function serviceLabel(scheme: string): string {
  return LABELS[scheme] ?? scheme;
}

/** Whether it has the shape of an address: a scheme, and something behind it. */
export function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text.trim());
}
