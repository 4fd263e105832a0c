/** A command that is no order, until it is answered: asked again under its one key, which does nothing twice. */
import { refusedBy, type Outcome } from './pending';
import { isUnanswered, type Answer } from './problem';
import type { Timing } from './timing';
import type { CommandResult, RulesView } from './wire';

/** An answer is waited for so long before the same is asked again. */
export const ASK_MS = 5_000;
/** After that nobody asks for it any more: what a user wanted then may not be what he wants now. */
export const PATIENCE_MS = 20_000;
const PAUSE_MS = 1_000;

export async function untilAnswered(
  send: () => Promise<Answer<CommandResult | RulesView>>,
  timing: Timing,
): Promise<Outcome> {
  const begunMs = timing.nowMs();
  for (;;) {
    const answer = await send();
    if (answer.ok) return outcomeOf(answer.body);
    if (!isUnanswered(answer.problem)) return refusedBy(answer.problem);
    if (timing.nowMs() - begunMs >= PATIENCE_MS) return { kind: 'unknown', problem: answer.problem };
    await new Promise<void>((go) => timing.after(PAUSE_MS, go));
  }
}

function outcomeOf(body: CommandResult | RulesView): Outcome {
  if (!('outcome' in body)) return { kind: 'accepted' };
  return {
    kind: body.outcome === 'in_doubt' ? 'in_doubt' : 'accepted',
    ...(body.order ? { order: body.order } : {}),
    ...(body.orders ? { orders: body.orders } : {}),
    ...(body.note ? { note: body.note } : {}),
  };
}
