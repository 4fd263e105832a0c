/** Whether this browser is signed in. */
import { api } from '../core/api';
import { delayMs } from '../core/backoff';
import { isUnanswered, type Problem } from '../core/problem';
import { browserTiming } from '../core/timing';
import type { Device, SessionView } from '../core/wire';

const LOOK_AGAIN_MS = 5_000;

class Session {
  phase = $state<'unknown' | 'signed_in' | 'signed_out'>('unknown');
  /** Was signed in here, and is no more: ask in place, keep everything. */
  lost = $state(false);
  device = $state.raw<Device | null>(null);
  user = $state<string | null>(null);
  #lookedMs = 0;
  #listeners = new Set<(signedIn: boolean) => void>();

  constructor() {
    api.onSignedOut(() => this.#end(this.phase === 'signed_in' || this.lost));
  }

  /** Told when it begins and when it ends. */
  listen(listener: (signedIn: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks until the desk says who this is. */
  async start(): Promise<void> {
    for (let failures = 1; !(await this.#ask()); failures += 1) {
      await new Promise<void>((go) => browserTiming.after(delayMs(failures, browserTiming.chance()), go));
    }
  }

  /** Something suggests that it may have ended; asked at most every five seconds. */
  async look(): Promise<void> {
    if (browserTiming.nowMs() - this.#lookedMs < LOOK_AGAIN_MS) return;
    await this.#ask();
  }

  /** The desk has said that nobody is signed in here. */
  end(): void {
    this.#end(true);
  }

  async signIn(code: string, deviceName: string): Promise<Problem | null> {
    const answer = await api.post('/api/session', { body: { code, device: deviceName } });
    if (!answer.ok) return answer.problem;
    this.#begin(answer.body);
    return null;
  }

  async signOut(): Promise<void> {
    const answer = await api.delete('/api/session');
    if (answer.ok || !isUnanswered(answer.problem)) this.#end(false);
  }

  async #ask(): Promise<boolean> {
    this.#lookedMs = browserTiming.nowMs();
    const answer = await api.get('/api/session');
    if (answer.ok) this.#begin(answer.body);
    return answer.ok || this.phase === 'signed_out';
  }

  #begin(view: SessionView): void {
    this.device = view.device;
    this.user = view.user;
    this.lost = false;
    if (this.phase === 'signed_in') return;
    this.phase = 'signed_in';
    for (const listener of this.#listeners) listener(true);
  }

  #end(lost: boolean): void {
    this.lost = lost;
    if (this.phase === 'signed_out') return;
    this.phase = 'signed_out';
    for (const listener of this.#listeners) listener(false);
  }
}

export const session = new Session();
