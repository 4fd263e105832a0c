/** Lighthouse's own marks for the trading page, as a phone on a slow network sees it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import lighthouse, { type RunnerResult } from 'lighthouse';
import { chromium as executablePath } from '../e2e/harness/chromium';
import { signIn } from '../e2e/harness/fixtures';
import { median, type Found } from './figures';
import { BROWSER_ARGS, type Plan, type Stage } from './stage';

const CATEGORIES = ['accessibility', 'best-practices', 'performance'] as const;
const METRICS = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'speed-index'];
/** A page whose market moves is never idle for seconds: it is looked at for so long after its load event instead. */
const QUIET = {
  cpuQuietThresholdMs: 0,
  networkQuietThresholdMs: 1_000,
  pauseAfterLoadMs: 5_500,
  maxWaitForLoad: 20_000,
};
type Report = RunnerResult['lhr'];

export async function marks(stage: Stage, { rounds }: Plan): Promise<Found> {
  const remove = await stage.account('marks');
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-lighthouse-'));
  // Lighthouse knows the browser's own profile alone, so that one is signed in
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: executablePath ?? '',
    args: [...BROWSER_ARGS, '--remote-debugging-port=0'],
  });
  const reports: Report[] = [];
  try {
    await signIn(context, stage.desk, 'Lighthouse');
    const port = Number(readFileSync(join(folder, 'DevToolsActivePort'), 'utf8').split('\n')[0]);
    for (let round = 0; round < rounds; round += 1) reports.push(await report(stage.market('marks'), port));
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
  await remove();
  const scores = (name: string): number[] =>
    reports.flatMap(({ categories }) => {
      const score = categories[name]?.score;
      return score == null ? [] : [score * 100]; // where it could not judge there is no mark
    });
  const lost = reports.flatMap((each) => failed(each));
  return {
    figures: CATEGORIES.map((name) => ({
      name: `Lighthouse, ${name.replace('-', ' ')}`,
      unit: '',
      values: scores(name),
      limit: name === 'performance' ? 85 : 100,
      atLeast: true,
    })),
    notes: [
      'Lighthouse 12: mobile, network and processor throttled by DevTools, signed in.',
      `Its medians: ${METRICS.map((id) => `${id} ${metric(reports, id)}`).join(', ')}.`,
      ...(lost.length === 0 ? [] : [`Lost there: ${[...new Set(lost)].join('; ')}.`]),
    ],
  };
}

async function report(url: string, port: number): Promise<Report> {
  const result = await lighthouse(
    url,
    { port, logLevel: 'silent', onlyCategories: [...CATEGORIES] },
    { extends: 'lighthouse:default', settings: { throttlingMethod: 'devtools', ...QUIET } },
  );
  if (result === undefined) throw new Error('Lighthouse gave no report');
  const { runtimeError, finalDisplayedUrl = '' } = result.lhr;
  if (runtimeError !== undefined) throw new Error(runtimeError.message);
  if (!finalDisplayedUrl.includes('/trade/')) throw new Error(`it saw ${finalDisplayedUrl}`);
  return result.lhr;
}

function metric(reports: readonly Report[], id: string): string {
  return `${median(reports.map(({ audits }) => audits[id]?.numericValue ?? NaN)).toFixed(0)} ms`;
}

/** What took marks from accessibility and best practices. */
function failed({ categories, audits }: Report): string[] {
  return CATEGORIES.filter((name) => name !== 'performance').flatMap((name) =>
    (categories[name]?.auditRefs ?? [])
      .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 1)
      .map(({ id }) => `${name}: ${audits[id]?.title ?? id}`),
  );
}
