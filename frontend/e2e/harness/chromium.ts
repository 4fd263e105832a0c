import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The machine's own browser; null where it has none. */
export const chromium: string | null = PLACES.find((place) => existsSync(place)) ?? null;
