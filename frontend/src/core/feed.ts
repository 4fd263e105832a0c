/** One stream of the desk, `/ws/orders` or `/ws/positions`: a snapshot, then every event after it, across every break. */
import { CLOSED, Line, type LinePhase, type OpenWire } from './socket';
import type { Timing } from './timing';
import type { Pong, StreamEvent, StreamFrame } from './wire';

/** `replaying`: up again after a break, and not yet known to have caught up. */
export type FeedPhase = 'down' | 'replaying' | 'live';

export interface FeedEnds<Item> {
  begin(snapshot: readonly Item[]): void;
  apply(events: readonly StreamEvent[]): void;
  phase(phase: FeedPhase): void;
  /** After a break: how many events were missed. */
  caughtUp(events: number): void;
  latency(ms: number): void;
  signedOut(): void;
  /** It could not be dialed. */
  unreachable(): void;
}

/** How long after an answer that says `not yet` the desk is asked again. */
const ASK_AGAIN_MS = 50;

export class Feed<Item> {
  readonly line: Line;
  private cursor: string | null = null;
  private firstFrame = true;
  private broken = false;
  private missed = 0;
  private now: FeedPhase = 'down';
  private callOff: () => void = () => undefined;

  constructor(
    private readonly path: string,
    private readonly ends: FeedEnds<Item>,
    open: OpenWire,
    private readonly timing: Timing,
  ) {
    this.line = new Line(open, timing, {
      address: () => this.address(),
      opened: () => this.opened(),
      heard: (message) => this.heard(message),
      broke: (code, wasOpen) => this.broke(code, wasOpen),
      answered: (ms, pong) => this.onAnswer(ms, pong),
      phase: (phase) => this.onLine(phase),
    });
  }

  get phase(): FeedPhase {
    return this.now;
  }

  /** From a new snapshot on: what it does not hold is no more. */
  startOver(): void {
    this.cursor = null;
    this.line.redial(true);
  }

  private address(): string {
    return this.cursor === null ? this.path : `${this.path}?after=${encodeURIComponent(this.cursor)}`;
  }

  private opened(): void {
    this.firstFrame = true;
    if (this.cursor !== null) this.tell('replaying'); // else live with its snapshot
  }

  /** The desk says with each answer whether all that there was when this socket was opened has been sent by now. */
  private onAnswer(ms: number, { caught_up }: Pong): void {
    this.ends.latency(ms);
    if (this.now !== 'replaying') return;
    this.callOff();
    if (caught_up) this.caughtUp();
    else this.callOff = this.timing.after(ASK_AGAIN_MS, () => this.line.probe());
  }

  private heard(message: unknown): void {
    if (!isFrame<Item>(message)) return; // why the desk is about to close; the close code says it too
    if (message.snapshot != null) {
      this.cursor = message.cursor;
      this.firstFrame = false;
      this.ends.begin(message.snapshot);
      this.caughtUp();
      return;
    }
    if (message.after !== this.cursor) return this.mend();
    this.cursor = message.cursor;
    this.firstFrame = false;
    this.ends.apply(message.events);
    if (this.now === 'replaying') this.missed += message.events.length;
  }

  /** A frame does not follow on the last one: come back for what is missing. */
  private mend(): void {
    if (this.firstFrame) this.cursor = null; // the desk does not go on from where it was asked to
    this.line.redial(false);
  }

  private broke(code: number, wasOpen: boolean): void {
    if (code === CLOSED.notSignedIn) {
      this.line.stop();
      this.ends.signedOut();
    } else if (code === CLOSED.cursorRefused) {
      this.cursor = null;
      this.line.redial(false);
    } else if (code === CLOSED.tooSlow) {
      this.line.redial(false);
    } else if (!wasOpen) {
      this.ends.unreachable();
    }
  }

  private onLine(phase: LinePhase): void {
    if (phase === 'open') return;
    this.callOff();
    if (this.now !== 'down') this.broken = true;
    this.tell('down');
  }

  private caughtUp(): void {
    this.callOff();
    if (this.broken) this.ends.caughtUp(this.missed);
    this.broken = false;
    this.missed = 0;
    this.tell('live');
  }

  private tell(phase: FeedPhase): void {
    if (phase === this.now) return;
    this.now = phase;
    this.ends.phase(phase);
  }
}

function isFrame<Item>(message: unknown): message is StreamFrame<Item> {
  return typeof message === 'object' && message !== null && 'cursor' in message && 'events' in message;
}
