/**
 * Few files rather than many: what the first paint needs is one, and what the trading screen fetches right after it is
 * another. Left alone, the bundler makes a file of each part that two others share, and a phone asks for them in turns.
 */
import { join } from 'node:path';

interface Graph {
  getModuleInfo(id: string): { importedIds: readonly string[] } | null;
}

const SOURCE = join(import.meta.dirname, '../src');

/** Each takes what it reaches by static imports and what those before it have not taken. */
const GROUPS = [
  { name: 'base', roots: ['main.ts'] },
  { name: 'trade', roots: ['shells/Below.svelte', 'features/ticket/TicketSheet.svelte'] },
] as const;

/** For the bundler's `codeSplitting.groups[].name`: which file a module goes to, if it is one of ours. */
export function chunkOf(): (id: string, graph: Graph) => string | null {
  let taken: Map<string, string> | undefined;
  return (id, graph) => {
    taken ??= assigned(graph);
    return taken.get(id) ?? null;
  };
}

function assigned(graph: Graph): Map<string, string> {
  const taken = new Map<string, string>();
  for (const { name, roots } of GROUPS) {
    const queue: string[] = roots.map((root) => join(SOURCE, root));
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (taken.has(id)) continue;
      taken.set(id, name);
      queue.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
    }
  }
  return taken;
}
