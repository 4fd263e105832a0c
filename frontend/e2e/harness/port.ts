import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 10_000;
const BEYOND = 32_000; // the kernel gives outgoing connections those from 32768

/** A port where nobody listens, and that no outgoing connection takes while its server is away. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (BEYOND - FIRST));
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch {
      continue; // taken
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
