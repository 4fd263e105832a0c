/** What stands at a field of the ticket: the rules' word, the desk's refusal of the last press, or what its preview denies. */
import { t, tOr } from '../../core/i18n';
import type { Problem } from '../../core/problem';
import type { TicketNote } from '../../core/ticket_checks';
import { fieldOf, type TicketField } from '../../core/ticket_draft';
import type { TicketRuling, TicketWarning } from '../../core/ticket_rules';
import type { Refusal } from '../../core/wire';

/** Said by the button, where nothing is wrong yet but something is missing. */
const AWAITED: readonly string[] = [
  'missing_size',
  'missing_price',
  'missing_trigger',
  'missing_protection',
  'no_market',
];

export function isAwaited(note: TicketNote): boolean {
  return AWAITED.includes(note.code);
}

export function saidOf(note: TicketNote): string {
  return tOr(`ticket.error.${note.code}`, note.code, note.params);
}

export function warningText(warning: TicketWarning): string {
  const way = warning.params['way'];
  const params = way === undefined ? warning.params : { ...warning.params, way: tOr(`ticket.warning.way.${way}`, way) };
  return t(`ticket.warning.${warning.code}`, params);
}

/** The text of a problem: the page's own words where no answer came, else the desk's sentence. */
export function problemText(problem: Problem): string {
  return tOr(`desk.problem.${problem.code}`, problem.detail);
}

export class FieldWords {
  constructor(
    private readonly ruling: TicketRuling,
    private readonly refusal: Problem | null,
    private readonly denial: Refusal | null,
  ) {}

  at(field: TicketField): string | undefined {
    const error = this.ruling.errors[field];
    if (error !== undefined && !isAwaited(error)) return saidOf(error);
    if (this.refusal !== null && fieldOf(this.refusal.field) === field) return problemText(this.refusal);
    if (error === undefined && this.denial !== null && fieldOf(this.denial.field) === field) return this.denial.message;
    return undefined;
  }
}
