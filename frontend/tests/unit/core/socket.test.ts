import { beforeEach, describe, expect, test } from 'vitest';
import { Line, PING_EVERY_MS, SILENT_MS, type LinePhase } from '../../../src/core/socket';
import { Wires } from './scripted_wire';
import { VirtualTiming } from './virtual_timing';

let timing: VirtualTiming;
let wires: Wires;
let phases: LinePhase[];
let heard: unknown[];
let broke: [number, boolean][];
let latencies: number[];
let line: Line;

beforeEach(() => {
  timing = new VirtualTiming(1);
  wires = new Wires();
  [phases, heard, broke, latencies] = [[], [], [], []];
  line = new Line(wires.open, timing, {
    address: () => `/ws/orders?dial=${wires.all.length}`,
    opened: () => undefined,
    heard: (message) => heard.push(message),
    broke: (code, wasOpen) => broke.push([code, wasOpen]),
    answered: (ms) => latencies.push(ms),
    phase: (phase) => phases.push(phase),
  });
});

function up(): void {
  line.start();
  wires.last.open();
}

describe('staying up', () => {
  test('a break is mended at once, then ever later, for ever', () => {
    up();
    wires.last.breakOff();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      const before = timing.nowMs();
      const dialed = wires.all.length;
      while (wires.all.length === dialed) timing.pass(50);
      waits.push(timing.nowMs() - before);
      wires.last.breakOff();
    }
    expect(waits).toEqual([50, 250, 500, 1000, 2000, 4000, 8000, 15000, 15000]);
    expect(broke[0]).toEqual([1006, true]);
    expect(broke[1]).toEqual([1006, false]);
  });

  test('one that held for a while begins again from the shortest wait', () => {
    up();
    for (let attempt = 0; attempt < 4; attempt += 1) {
      wires.last.breakOff();
      timing.pass(2_000);
    }
    wires.last.open();
    timing.pass(4_000);
    wires.last.say({ pong: 0 });
    timing.pass(2_000);
    const dialed = wires.all.length;
    wires.last.breakOff();
    timing.pass(0);
    expect(wires.all.length).toBe(dialed + 1);
  });

  test('a dial that nobody answers is given up', () => {
    line.start();
    timing.pass(10_000);
    expect(wires.all[0]?.isClosed).toBe(true);
    expect(wires.all.length).toBe(2);
  });

  test('coming back to the page dials at once, whatever was being waited for', () => {
    up();
    for (let attempt = 0; attempt < 8; attempt += 1) {
      wires.last.breakOff();
      timing.pass(15_000);
    }
    wires.last.breakOff();
    const dialed = wires.all.length;
    line.probe();
    expect(wires.all.length).toBe(dialed + 1);
    wires.last.breakOff();
    timing.pass(0);
    expect(wires.all.length).toBe(dialed + 2);
  });

  test('a socket that says it is open is dialed anew all the same', () => {
    up();
    const old = wires.last;
    line.redial(true);
    expect(old.isClosed).toBe(true);
    expect(wires.all.length).toBe(2);
    old.say({ late: true });
    old.breakOff();
    expect([heard, broke]).toEqual([[], []]);
  });

  test('stopped is stopped, until it is started', () => {
    up();
    line.stop();
    wires.last.breakOff();
    line.redial(true);
    line.probe();
    timing.pass(60_000);
    expect(wires.all.length).toBe(1);
    line.start();
    expect(phases).toEqual(['dialing', 'open', 'stopped', 'dialing']);
  });

  test('half a message ends the socket', () => {
    up();
    wires.last.onmessage?.({ data: '{"cursor": "a' });
    expect([heard, broke]).toEqual([[], [[0, true]]]);
  });

  test('what is said while it is down is not said', () => {
    line.start();
    expect(line.send({ ack: 'x' })).toBe(false);
    wires.last.open();
    expect(line.send({ ack: 'x' })).toBe(true);
    expect(wires.last.said).toEqual([{ ack: 'x' }]);
  });
});

describe('signs of life', () => {
  test('a socket that answers nothing is dialed anew', () => {
    up();
    timing.pass(SILENT_MS);
    expect(broke).toEqual([[0, true]]);
    expect(wires.all[0]?.isClosed).toBe(true);
  });

  test('any message is a sign of life', () => {
    up();
    timing.pass(SILENT_MS - 1);
    wires.last.say({ problem: { code: 'unknown_field' } });
    timing.pass(PING_EVERY_MS - SILENT_MS);
    expect(broke).toEqual([]);
    expect(wires.last.sent).toEqual([{ ping: 1 }]);
    timing.pass(SILENT_MS);
    expect(wires.last.sent).toEqual([{ ping: 1 }, { ping: 2 }]);
  });

  test('the answer to the last ping says how far away the desk is', () => {
    up();
    timing.pass(30);
    wires.last.say({ pong: 1 });
    timing.pass(PING_EVERY_MS);
    timing.pass(12);
    wires.last.say({ pong: 1 });
    wires.last.say({ pong: 2 });
    expect(latencies[0]).toBe(30);
    expect(latencies.length).toBe(2);
    expect(heard).toEqual([]);
  });

  test('a probe asks for one at once', () => {
    up();
    wires.last.say({ pong: 1 });
    timing.pass(100);
    line.probe();
    expect(wires.last.sent.at(-1)).toEqual({ ping: 2 });
    timing.pass(SILENT_MS);
    expect(broke).toEqual([[0, true]]);
  });
});
