/** The drags of the lines on the chart: one a line, for as long as the line stands. */
import { LineDrag } from './line_drag.svelte';
import type { Line } from './lines';

export class Drags {
  private readonly byId = new Map<string, LineDrag>();

  /** `current` gives a line as it is now. */
  constructor(private readonly current: (id: string) => Line | undefined) {}

  of(line: Line): LineDrag {
    let drag = this.byId.get(line.id);
    if (drag === undefined) {
      let last = line; // stands for a line that is just going
      drag = new LineDrag(() => (last = this.current(line.id) ?? last));
      this.byId.set(line.id, drag);
    }
    return drag;
  }

  keepOnly(standing: ReadonlyMap<string, Line>): void {
    for (const id of this.byId.keys()) if (!standing.has(id)) this.byId.delete(id);
  }
}
