import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PYTHON = process.env.HEDGEROW_PYTHON ?? `${ROOT}.venv/bin/python`;
const READY_MS = 40_000; // the machine may be busy

/** A Python process of ours: started, waited for by what it prints, and stopped by its own id. */
export class Started {
  private constructor(
    private readonly child: ChildProcess,
    private readonly printed: { text: string },
  ) {}

  /** Start it and wait until `ready` is printed. Rejects with what it said instead. */
  static async python(args: string[], environment: Record<string, string>, ready: RegExp): Promise<Started> {
    const child = spawn(PYTHON, args, {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = { text: '' };
    const started = new Started(child, printed);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready in time: ${printed.text}`)), READY_MS);
      const heard = (chunk: Buffer) => {
        printed.text += chunk.toString();
        if (ready.test(printed.text)) {
          clearTimeout(timer);
          resolve();
        }
      };
      child.stdout.on('data', heard);
      child.stderr.on('data', heard);
      child.once('exit', () => {
        clearTimeout(timer);
        reject(new Error(`ended: ${printed.text}`));
      });
    });
    return started;
  }

  get said(): string {
    return this.printed.text;
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}
