import { defineConfig, devices } from '@playwright/test';
import { chromium } from './e2e/harness/chromium';

const launchOptions = {
  executablePath: chromium ?? '',
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update'],
};

/** The real desk and the real simulated exchange, in Debian's Chromium, as a phone and as a desktop. */
export default defineConfig({
  testDir: './e2e',
  testMatch: '**/*.spec.ts',
  outputDir: './e2e/report/traces',
  workers: 2,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  retries: 0, // a flaky test is a fault
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['dot']],
  use: { launchOptions, actionTimeout: 20_000, trace: 'retain-on-failure', locale: 'en-GB', timezoneId: 'UTC' },
  projects: [
    {
      name: 'phone',
      grepInvert: /@keyboard/,
      use: { ...devices['Pixel 7'], launchOptions, viewport: { width: 390, height: 844 } },
    },
    { name: 'desktop', use: { viewport: { width: 1440, height: 900 } } },
  ],
});
