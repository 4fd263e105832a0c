/** One line's drag, and the command at its end. */
import type { Problem } from '../../core/problem';
import { amend, protect, type Outcome } from '../../state/commands.svelte';
import { prefs } from '../../state/prefs.svelte';
import {
  allows,
  answer,
  AT_REST,
  discard,
  drop,
  grab,
  moveTo,
  observe,
  refuse,
  send,
  type Drag,
  type DragPhase,
} from './drag';
import type { Line, Target } from './lines';
import { stepped } from './scale';

export class LineDrag {
  #drag = $state.raw<Drag>(AT_REST);
  readonly #line: () => Line;

  constructor(line: () => Line) {
    this.#line = line;
  }

  get phase(): DragPhase {
    return this.#drag.phase;
  }

  get problem(): Problem | null {
    return this.#drag.problem;
  }

  /** Where the line is drawn: where it is held, else where it stands. */
  get price(): string {
    return this.#drag.price ?? this.#line().price;
  }

  get held(): boolean {
    return this.phase === 'moving';
  }

  grab(): void {
    if (this.#line().target !== null) this.#drag = grab(this.#drag, this.#line().price);
  }

  moveTo(price: string): void {
    this.#drag = moveTo(this.#drag, price);
  }

  step(ticks: number, tick: string): void {
    if (this.phase !== 'moving') this.grab();
    if (this.phase === 'moving') this.moveTo(stepped(this.price, ticks, tick));
  }

  drop(): void {
    const { price, version } = this.#line();
    this.#become(drop(this.#drag, price, prefs.confirm.drag, version));
  }

  apply(): void {
    if (allows(this.#drag, 'send')) this.#become(send(this.#drag, this.#line().version));
  }

  discard(): void {
    this.#drag = discard(this.#drag);
  }

  /** Called with each change of the line. */
  observe(): void {
    const { price, version, unsure } = this.#line();
    this.#drag = observe(this.#drag, price, version, unsure);
  }

  #become(drag: Drag): void {
    const { target } = this.#line();
    const before = this.#drag.phase;
    this.#drag = drag;
    if (drag.phase === 'sent' && before !== 'sent' && drag.price !== null && target !== null) {
      void this.#send(target, drag.price);
    }
  }

  async #send(target: Target, price: string): Promise<void> {
    const outcome = await commandOf(target, price);
    const refused = outcome.kind === 'refused' && outcome.problem !== undefined;
    this.#drag = refused && outcome.problem ? refuse(this.#drag, outcome.problem) : answer(this.#drag);
    this.observe();
  }
}

function commandOf(target: Target, price: string): Promise<Outcome> {
  if (target.of === 'order') return amend(target.orderId, { [target.field]: price });
  const { account, symbol, side, field } = target;
  return protect({ account, symbol, side, [field]: price });
}
