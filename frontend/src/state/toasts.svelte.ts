/** Short words about what just happened. */

export interface ToastContent {
  kind: 'fill' | 'error' | 'notice';
  title: string;
  text?: string;
  /** One toast a group, an order's id for example: a later one takes the place of the earlier. */
  group?: string;
  action?: { label: string; run: () => void };
}

export interface Toast extends ToastContent {
  id: number;
}

/** More at a time would hide the page. */
const SHOWN_AT_MOST = 4;

class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #last = 0;

  show(content: ToastContent): void {
    this.#last += 1;
    const toast: Toast = { ...content, id: this.#last };
    const others = this.list.filter((each) => content.group === undefined || each.group !== content.group);
    this.list = [...others, toast].slice(-SHOWN_AT_MOST);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
