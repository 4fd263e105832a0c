import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Updates } from '../../../src/features/app/updates.svelte';

/** A worker, and the registration and container around it, as a browser would move them. */
class FakeWorker extends EventTarget {
  state = 'installing';
  told: unknown[] = [];
  postMessage(message: unknown): void {
    this.told.push(message);
  }
  become(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

class FakeRegistration extends EventTarget {
  installing: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  async update(): Promise<void> {}
  found(worker: FakeWorker): void {
    this.installing = worker;
    this.dispatchEvent(new Event('updatefound'));
  }
}

class FakeContainer extends EventTarget {
  controller: object | null = {};
  registered: string[] = [];
  registration = new FakeRegistration();
  async register(url: string): Promise<FakeRegistration> {
    this.registered.push(String(url));
    return this.registration;
  }
}

let container: FakeContainer;
let updates: Updates;

beforeEach(() => {
  vi.useFakeTimers();
  container = new FakeContainer();
  vi.stubGlobal('navigator', Object.create(navigator, { serviceWorker: { value: container } }));
  updates = new Updates();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('updates', () => {
  it('offers a newer page when it waits, and lets it take over when asked', async () => {
    await updates.start();
    expect(container.registered).toEqual(['/sw.js']);
    const worker = new FakeWorker();
    container.registration.found(worker);
    expect(updates.ready).toBe(false);
    container.registration.waiting = worker;
    worker.become('installed');
    expect(updates.ready).toBe(true);
    updates.apply();
    expect(worker.told).toEqual(['take over']);
  });

  it('reloads by itself where the worker does not take over soon', async () => {
    const reload = vi.spyOn(location, 'reload').mockImplementation(() => undefined);
    await updates.start();
    container.registration.waiting = new FakeWorker();
    updates.apply();
    expect(reload).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(reload).toHaveBeenCalledTimes(1);
    reload.mockRestore();
  });

  it('offers nothing when the page is installed for the first time', async () => {
    container.controller = null;
    await updates.start();
    const worker = new FakeWorker();
    container.registration.found(worker);
    worker.become('installed');
    container.dispatchEvent(new Event('controllerchange'));
    expect(updates.ready).toBe(false);
  });

  it('offers a reload, and forces none, when another tab took the newer page', async () => {
    await updates.start();
    container.dispatchEvent(new Event('controllerchange'));
    expect(updates.ready).toBe(true);
  });
});
