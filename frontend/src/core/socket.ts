/** One WebSocket, kept up for ever: dialed again when it breaks, when it says nothing, and when it is told to. */
import { delayMs } from './backoff';
import type { Timing } from './timing';
import type { Pong } from './wire';

/** As much of a WebSocket as is used. */
export interface Wire {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}
export type OpenWire = (address: string) => Wire;

export type LinePhase = 'stopped' | 'waiting' | 'dialing' | 'open';
type LineEvent = 'start' | 'stop' | 'due' | 'opened' | 'broken' | 'redial';

/** From each phase, what an event leads to; what is not there is ignored. */
const NEXT: Record<LinePhase, Partial<Record<LineEvent, LinePhase>>> = {
  stopped: { start: 'dialing' },
  waiting: { due: 'dialing', redial: 'dialing', stop: 'stopped' },
  dialing: { opened: 'open', broken: 'waiting', redial: 'dialing', stop: 'stopped' },
  open: { broken: 'waiting', redial: 'dialing', stop: 'stopped' },
};

/** The desk's own close codes. */
export const CLOSED = { goingAway: 1001, notSignedIn: 4401, tooSlow: 4408, cursorRefused: 4410 } as const;

export const PING_EVERY_MS = 10_000;
export const SILENT_MS = 5_000;
const DIAL_MS = 10_000;
const STEADY_MS = 5_000;

export interface LineEnds {
  /** Where to dial, asked for each time. */
  address(): string;
  opened(): void;
  /** A message, read. */
  heard(message: unknown): void;
  /** It broke; `code` is 0 where no close frame came, `wasOpen` says whether it had been up. */
  broke(code: number, wasOpen: boolean): void;
  /** The other end has answered a ping, `ms` after it. */
  answered(ms: number, pong: Pong): void;
  phase(phase: LinePhase): void;
}

export class Line {
  private current: LinePhase = 'stopped';
  private wire: Wire | null = null;
  private failures = 0;
  private openedMs = 0;
  private pings = 0;
  private pingedMs = 0;
  private messages = 0;
  private callOff: () => void = () => undefined;
  private stopPings: () => void = () => undefined;

  constructor(
    private readonly open: OpenWire,
    private readonly timing: Timing,
    private readonly ends: LineEnds,
  ) {}

  get phase(): LinePhase {
    return this.current;
  }

  start(): void {
    if (this.move('start')) this.dial();
  }

  /** Until `start`. */
  stop(): void {
    if (this.move('stop')) this.hangUp();
  }

  /** Dial anew at once, whatever the socket says of itself; with `fresh`, waiting begins again from its shortest. */
  redial(fresh: boolean): void {
    if (fresh) this.failures = 0;
    if (this.move('redial')) this.dial();
  }

  /** A sign of life is asked for; where none comes the socket is dialed anew. One that waits is dialed at once. */
  probe(): void {
    if (this.current === 'waiting') this.redial(true);
    else if (this.current === 'open') this.ping();
  }

  /** Say something, if it is up. */
  send(message: unknown): boolean {
    if (this.current !== 'open' || this.wire === null) return false;
    this.wire.send(JSON.stringify(message));
    return true;
  }

  private dial(): void {
    this.hangUp();
    const wire = this.open(this.ends.address());
    this.wire = wire;
    wire.onopen = () => this.onOpen();
    wire.onmessage = ({ data }) => this.onMessage(data);
    wire.onclose = ({ code }) => this.onBreak(code);
    this.callOff = this.timing.after(DIAL_MS, () => this.onBreak(0));
  }

  private onOpen(): void {
    if (!this.move('opened')) return;
    this.callOff();
    this.openedMs = this.timing.nowMs();
    this.ends.opened();
    this.ping();
  }

  private onMessage(data: unknown): void {
    let message: unknown;
    try {
      message = JSON.parse(String(data));
    } catch {
      return this.onBreak(0); // half a message: what follows cannot be trusted
    }
    this.messages += 1;
    if (!isPong(message)) this.ends.heard(message);
    else if (message.pong === this.pings) this.ends.answered(this.timing.nowMs() - this.pingedMs, message);
  }

  private ping(): void {
    this.stopPings();
    if (!this.send({ ping: ++this.pings })) return;
    this.pingedMs = this.timing.nowMs();
    const before = this.messages;
    this.stopPings = this.timing.after(SILENT_MS, () => {
      if (this.messages === before) return this.onBreak(0);
      this.stopPings = this.timing.after(PING_EVERY_MS - SILENT_MS, () => this.ping());
    });
  }

  private onBreak(code: number): void {
    const wasOpen = this.current === 'open';
    if (!this.move('broken')) return;
    this.hangUp();
    if (wasOpen && this.timing.nowMs() - this.openedMs > STEADY_MS) this.failures = 0;
    const wait = delayMs(this.failures++, this.timing.chance());
    this.callOff = this.timing.after(wait, () => {
      if (this.move('due')) this.dial();
    });
    this.ends.broke(code, wasOpen);
  }

  private hangUp(): void {
    this.callOff();
    this.stopPings();
    const wire = this.wire;
    this.wire = null;
    if (wire === null) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close();
  }

  private move(event: LineEvent): boolean {
    const next = NEXT[this.current][event];
    if (next === undefined) return false;
    this.current = next;
    this.ends.phase(next);
    return true;
  }
}

function isPong(message: unknown): message is Pong {
  return typeof message === 'object' && message !== null && 'pong' in message;
}
