/**
 * An order between the press of the button and the desk's first word on it.
 *
 * It is sent once. Where no word comes nobody knows whether it arrived, and it is looked for among the desk's orders by
 * its Idempotency-Key; it is never sent a second time unasked: a minute later it would be another order than was meant.
 */
import { isUnanswered, unanswered, type Answer, type Problem } from './problem';
import type { Timing } from './timing';
import type { Order } from './wire';

/** `absent`: the desk was asked for long enough, and has no such order. */
export type PressedPhase = 'sending' | 'checking' | 'known' | 'refused' | 'absent';
/** `word`: an answer or an event names it. `silence`: no answer in time, or none can come any more. */
export type PressedEvent = 'word' | 'refusal' | 'silence' | 'not_found';

const NEXT: Record<PressedPhase, Partial<Record<PressedEvent, PressedPhase>>> = {
  sending: { word: 'known', refusal: 'refused', silence: 'checking' },
  checking: { word: 'known', refusal: 'refused', not_found: 'absent' },
  known: { refusal: 'refused' },
  refused: {},
  absent: { word: 'known' },
};

export function pressedNext(phase: PressedPhase, event: PressedEvent): PressedPhase {
  return NEXT[phase][event] ?? phase;
}

export interface Outcome {
  kind: 'accepted' | 'in_doubt' | 'refused' | 'unknown';
  order?: Order;
  orders?: Order[];
  problem?: Problem;
  note?: string;
}

export interface PressedEnds {
  /** The request, sent once. */
  send(): Promise<Answer<Order>>;
  /** Whether the desk has an order of this key; a problem where it could not be asked. */
  find(): Promise<Answer<Order | null>>;
  moved(phase: PressedPhase, problem: Problem | null): void;
  /** The order as the desk's answer has it. */
  heard(order: Order): void;
}

/** So long is an answer waited for before it is looked for. */
export const WORD_MS = 5_000;
export const LOOK_EVERY_MS = 2_000;
/** After the request is over, so long and so often the desk must say that it has no such order. */
export const ABSENT_MS = 10_000;
export const ABSENT_LOOKS = 3;

export class Pressed {
  /** What the ticket is told: at the latest after `WORD_MS`. */
  readonly outcome: Promise<Outcome>;
  private now: PressedPhase = 'sending';
  private settle: (outcome: Outcome) => void = () => undefined;
  private overMs: number | null = null;
  private looks = 0;
  private callOff: () => void = () => undefined;

  constructor(
    private readonly ends: PressedEnds,
    private readonly timing: Timing,
  ) {
    this.outcome = new Promise((settle) => (this.settle = settle));
  }

  get phase(): PressedPhase {
    return this.now;
  }

  press(): void {
    this.callOff = this.timing.after(WORD_MS, () => {
      this.settle({ kind: 'unknown', problem: unanswered('timeout') });
      this.onSilence(unanswered('timeout'));
    });
    void this.ends.send().then((answer) => this.onAnswer(answer));
  }

  /** The stream, or an answer, names an order of this key. That it is pending is no outcome yet. */
  seen(order: Order): void {
    if (order.status !== 'pending') this.tell(outcomeOf(order));
    this.move('word', null);
  }

  private onAnswer(answer: Answer<Order>): void {
    this.overMs = this.timing.nowMs();
    if (answer.ok) {
      this.ends.heard(answer.body);
      this.seen(answer.body);
      this.tell(outcomeOf(answer.body));
    } else if (isUnanswered(answer.problem)) {
      this.onSilence(answer.problem);
    } else {
      if (answer.problem.order !== null) this.ends.heard(answer.problem.order);
      this.tell(refusedBy(answer.problem));
      this.move('refusal', answer.problem);
    }
  }

  private tell(outcome: Outcome): void {
    this.callOff();
    this.settle(outcome);
  }

  private onSilence(problem: Problem): void {
    if (this.now !== 'sending') return;
    this.move('silence', problem);
    void this.look();
  }

  private async look(): Promise<void> {
    const found = await this.ends.find();
    if (this.now !== 'checking') return;
    if (found.ok && found.body !== null) {
      this.ends.heard(found.body);
      this.seen(found.body);
      return;
    }
    if (found.ok && this.overMs !== null) this.looks += 1;
    if (this.looks >= ABSENT_LOOKS && this.timing.nowMs() - (this.overMs ?? 0) >= ABSENT_MS) {
      const problem: Problem = { ...unanswered('network'), code: 'not_arrived', detail: 'the desk has no such order' };
      this.tell(refusedBy(problem));
      this.move('not_found', problem);
      return;
    }
    this.timing.after(LOOK_EVERY_MS, () => void this.look());
  }

  private move(event: PressedEvent, problem: Problem | null): void {
    const next = pressedNext(this.now, event);
    if (next === this.now) return;
    this.now = next;
    this.ends.moved(next, problem);
  }
}

/** How an order stands, as the outcome of its placing. */
export function outcomeOf(order: Order): Outcome {
  const { status } = order;
  if (status === 'pending' || status === 'in_doubt') return { kind: 'in_doubt', order };
  const refused = status === 'denied' || status === 'rejected' || status === 'not_placed';
  return { kind: refused ? 'refused' : 'accepted', order };
}

export function refusedBy(problem: Problem): Outcome {
  return { kind: 'refused', problem, ...(problem.order === null ? {} : { order: problem.order }) };
}
