/** The browser's own sockets and frames, as the core takes them. */
import type { OpenWire, Wire } from '../core/socket';
import type { NextFrame } from '../core/timing';

export const openWire: OpenWire = (path) => {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(address) as Wire;
};

export const nextFrame: NextFrame = (run) => {
  requestAnimationFrame(run);
};

/** An Idempotency-Key: 128 bits by chance, so that no two presses of any browser share one. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
