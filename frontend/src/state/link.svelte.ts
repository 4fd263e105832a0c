/** How the page hangs on the desk: what its three sockets come to. */
import { browserTiming } from '../core/timing';

export type LinkPhase = 'connecting' | 'live' | 'replaying' | 'reconnecting' | 'offline';
export type PartPhase = 'down' | 'replaying' | 'live';

/** A break so short is not worth a word, unless something was missed. */
const WORTH_A_WORD_MS = 2_000;

class LinkState {
  phase = $state<LinkPhase>('connecting');
  latencyMs = $state<number | null>(null);
  downSinceMs = $state<number | null>(null);
  /** After a break: how many events were missed and replayed. */
  caughtUp = $state.raw<{ events: number; atMs: number } | null>(null);
  #online = true;
  #wasLive = false;
  #missed = 0;
  #parts = new Map<string, PartPhase>();

  /** A socket that has to be live for the page to be. */
  part(name: string): (phase: PartPhase) => void {
    this.#parts.set(name, 'down');
    return (phase) => {
      this.#parts.set(name, phase);
      this.#judge();
    };
  }

  online(online: boolean): void {
    this.#online = online;
    this.#judge();
  }

  /** Counted until every part is live again. */
  missed(events: number): void {
    this.#missed += events;
  }

  #judge(): void {
    const before = this.phase;
    this.phase = this.#now();
    if (this.phase === 'live') {
      this.#wasLive = true;
      if (this.downSinceMs !== null) this.#onBack(this.downSinceMs);
    } else if (this.downSinceMs === null && (before === 'live' || this.phase === 'offline')) {
      this.downSinceMs = browserTiming.nowMs();
      this.latencyMs = null;
    }
  }

  #now(): LinkPhase {
    const phases = [...this.#parts.values()];
    if (!this.#online) return 'offline';
    if (phases.every((phase) => phase === 'live')) return 'live';
    if (!this.#wasLive) return 'connecting';
    return phases.includes('down') ? 'reconnecting' : 'replaying';
  }

  #onBack(downSinceMs: number): void {
    const nowMs = browserTiming.nowMs();
    const events = this.#missed;
    this.#missed = 0;
    this.downSinceMs = null;
    if (events > 0 || nowMs - downSinceMs >= WORTH_A_WORD_MS) this.caughtUp = { events, atMs: nowMs };
  }
}

export const link = new LinkState();
