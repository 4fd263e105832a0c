/** What runs inside the measured page, before anything of its own. Times are the page's: ms since its navigation began. */

export interface Heard {
  /** `/ws/orders`, for example. */
  path: string;
  /** As the message came, as its handler was through, and as the frame with it was committed. */
  atMs: number;
  handledMs: number;
  committedMs: number;
  text: string;
}

export interface Interaction {
  type: string;
  target: string;
  /** From the input to the next paint, in steps of 8 ms; of it the wait before the handlers, and the handlers. */
  totalMs: number;
  waitMs: number;
  handlersMs: number;
}

export interface Probe {
  /** When the last price was on the screen. */
  liveMs: number | null;
  /** Kept only while `listening`. */
  heard: Heard[];
  listening: boolean;
  onlineMs: number;
  /** Sum of all layout shifts that nobody asked for: no less than CLS, which is the worst window of them. */
  shift: number;
  shifted: string[];
  /** The largest thing painted so far, and when. */
  largest: { ms: number; what: string };
  interactions: Map<number, Interaction>;
  /** Runs with the time at which the next frame is committed. */
  committed(then: (ms: number) => void): void;
}

declare global {
  interface Window {
    probe: Probe;
  }
}

export function installProbe(): void {
  const probe: Probe = {
    liveMs: null,
    heard: [],
    listening: false,
    onlineMs: NaN,
    shift: 0,
    shifted: [],
    largest: { ms: NaN, what: '' },
    interactions: new Map(),
    committed(then) {
      requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => then(performance.now());
        after.port2.postMessage(null);
      });
    },
  };
  window.probe = probe;
  watchSockets();
  watchPrice();
  addEventListener('online', () => (probe.onlineMs = performance.now()));
  observe('layout-shift', {}, (entry) => {
    const { value, hadRecentInput, sources } = entry as unknown as Shift;
    if (hadRecentInput) return;
    probe.shift += value;
    probe.shifted.push(`${value.toFixed(4)} ${sources.map(({ node }) => named(node)).join(', ')}`);
  });
  observe('largest-contentful-paint', {}, (entry) => {
    probe.largest = { ms: entry.startTime, what: named((entry as LargestPaint).element) };
  });
  observe('event', { durationThreshold: 16 }, (entry) => {
    const event = entry as PerformanceEventTiming & { interactionId: number };
    if (event.interactionId === 0) return;
    if ((probe.interactions.get(event.interactionId)?.totalMs ?? 0) >= event.duration) return;
    probe.interactions.set(event.interactionId, {
      type: event.name,
      target: named(event.target),
      totalMs: event.duration,
      waitMs: event.processingStart - event.startTime,
      handlersMs: event.processingEnd - event.processingStart,
    });
  });

  type LargestPaint = PerformanceEntry & { element: Element | null };
  type Shift = { value: number; hadRecentInput: boolean; sources: { node: Node | null }[] };

  function observe(type: string, options: object, heard: (entry: PerformanceEntry) => void): void {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(heard));
    observer.observe({ type, buffered: true, ...options });
  }

  function named(node: Node | null): string {
    const element = node instanceof Element ? node : node?.parentElement;
    if (element == null) return '(gone)';
    const label = element.getAttribute('aria-label') ?? element.textContent ?? '';
    return `${element.tagName.toLowerCase()} "${label.trim().slice(0, 30)}"`;
  }

  function watchPrice(): void {
    const observer = new MutationObserver(() => {
      if (!/\d/.test(document.querySelector('[data-testid=last-price]')?.textContent ?? '')) return;
      observer.disconnect();
      probe.committed((ms) => (probe.liveMs = ms));
    });
    observer.observe(document, { childList: true, subtree: true, characterData: true });
  }

  function watchSockets(): void {
    const slot = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
    Object.defineProperty(WebSocket.prototype, 'onmessage', {
      ...slot,
      set(this: WebSocket, handler: ((event: MessageEvent) => void) | null) {
        slot?.set?.call(this, handler && ((event: MessageEvent) => timed(this, handler, event)));
      },
    });
  }

  function timed(socket: WebSocket, handler: (event: MessageEvent) => void, event: MessageEvent): void {
    if (!probe.listening) return handler(event);
    const heard: Heard = {
      path: new URL(socket.url).pathname,
      atMs: performance.now(),
      handledMs: NaN,
      committedMs: NaN,
      text: String(event.data),
    };
    probe.heard.push(heard);
    handler(event);
    heard.handledMs = performance.now();
    probe.committed((ms) => (heard.committedMs = ms));
  }
}
