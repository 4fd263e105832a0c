/** The one-time link that signs a browser in: `https://desk/#pair=SECRET`. */

/** Takes the secret out of the address, and out of the history, at once. */
export function takeSecret(location: Location, history: History): string | null {
  const secret = /^#pair=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
  if (location.hash.startsWith('#pair=')) history.replaceState(null, '', location.pathname + location.search);
  return secret;
}

/** `K7QM-3XPD` from what was typed or pasted: upper case, no dash needed, the letters that read as digits taken as such. */
export function shortCode(typed: string): string {
  const bare = typed
    .toUpperCase()
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
    .replace(/[^0-9A-HJKMNP-TV-Z]/g, '')
    .slice(0, 8);
  return bare.length > 4 ? `${bare.slice(0, 4)}-${bare.slice(4)}` : bare;
}

export function isWhole(code: string): boolean {
  return code.length === 9;
}

const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/(Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b/, 'Mac'],
  [/\bWindows\b/, 'Windows'],
  [/\bLinux\b/, 'Linux'],
];

/** A name for this browser that its owner will recognise in the list of devices: "Chrome on Android". */
export function deviceName(userAgent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Browser';
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}
