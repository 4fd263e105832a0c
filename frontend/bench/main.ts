/** Figures of the page, in Debian's Chromium against a desk and a simulated exchange of its own. Figures, not tests: nothing fails. */
import { parseArgs } from 'node:util';
import { cold } from './cold';
import { table, type Found } from './figures';
import { hands } from './hands';
import { marks } from './lighthouse';
import { press } from './press';
import { replay } from './replay';
import { sizes } from './sizes';
import { Stage, type Plan } from './stage';
import { streaming } from './streaming';

type Part = (stage: Stage, plan: Plan) => Promise<Found> | Found;
const PARTS: Record<string, Part> = { sizes, cold, streaming, hands, replay, press, lighthouse: marks };
const ROUNDS = { quick: 1, full: 5 };
const USAGE = `npm run bench -- [--quick] [--only ${Object.keys(PARTS).join('|')}]…`;

export async function main(args: string[]): Promise<void> {
  const chosen = asked(args);
  if (chosen === null) {
    console.log(USAGE);
    return;
  }
  const found: Found[] = [];
  const stage = await Stage.start();
  try {
    for (const name of chosen.parts) {
      const sinceMs = performance.now();
      const part = await PARTS[name]?.(stage, chosen.plan);
      if (part !== undefined) found.push(part);
      console.error(`${name}: ${((performance.now() - sinceMs) / 1000).toFixed(0)} s`);
    }
  } finally {
    await stage.stop();
  }
  console.log(`\n${table(found.flatMap(({ figures }) => figures))}\n`);
  for (const note of found.flatMap(({ notes }) => notes)) console.log(note);
}

/** Null: what is asked for is not known, or how to ask. */
function asked(args: string[]): { parts: string[]; plan: Plan } | null {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.only.some((name) => !(name in PARTS))) return null;
  const parts = values.only.length > 0 ? values.only : Object.keys(PARTS);
  return { parts, plan: { rounds: values.quick ? ROUNDS.quick : ROUNDS.full } };
}
