/** A problem in words: the page's own where no answer came or the desk's are not for its owner, else the desk's sentence. */
import { tOr } from '../../core/i18n';
import type { Problem } from '../../core/problem';

export function reasonOf(problem: Problem): string {
  return tOr(`settings.problem.${problem.code}`, sentence(problem.detail));
}

/** The desk's words as a sentence of the page. */
export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) || begun === '' ? begun : `${begun}.`;
}
