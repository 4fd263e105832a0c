import type { OpenWire, Wire } from '../../../src/core/socket';

/** The far end of a socket, in memory. */
export class ScriptedWire implements Wire {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: unknown[] = [];
  isClosed = false;

  constructor(readonly address: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.onopen?.();
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Answers the last ping, if there was one; a feed's answer says whether it has caught up. */
  answer(caughtUp?: boolean): void {
    const last = this.sent.findLast((message) => 'ping' in (message as object)) as { ping: number } | undefined;
    if (last !== undefined) this.say({ pong: last.ping, ...(caughtUp === undefined ? {} : { caught_up: caughtUp }) });
  }

  breakOff(code = 1006): void {
    this.onclose?.({ code });
  }

  /** What was sent but for pings. */
  get said(): unknown[] {
    return this.sent.filter((message) => !('ping' in (message as object)));
  }
}

export class Wires {
  readonly all: ScriptedWire[] = [];

  readonly open: OpenWire = (address) => {
    const wire = new ScriptedWire(address);
    this.all.push(wire);
    return wire;
  };

  get last(): ScriptedWire {
    const wire = this.all.at(-1);
    if (wire === undefined) throw new Error('nothing was dialed');
    return wire;
  }
}
