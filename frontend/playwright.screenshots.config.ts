import { defineConfig, devices } from '@playwright/test';
import tests from './playwright.config';

/** Widths of a small and a common phone, a large one, a tablet and a desktop. */
const SIZES = { 360: 740, 390: 844, 412: 915, 768: 1024, 1440: 900 };

/** `npm run screenshots`: see e2e/screenshots.ts. */
export default defineConfig({
  ...tests,
  testMatch: '**/screenshots.ts',
  outputDir: './e2e/report/traces', // the pictures stand beside it, and stay
  projects: Object.entries(SIZES).flatMap(([width, height]) =>
    (['dark', 'light'] as const).map((colorScheme) => ({
      name: `${width}-${colorScheme}`,
      use: {
        ...(Number(width) < 1024 ? devices['Pixel 7'] : {}),
        launchOptions: tests.use?.launchOptions ?? {},
        viewport: { width: Number(width), height },
        colorScheme,
        reducedMotion: 'reduce' as const,
      },
    })),
  ),
});
