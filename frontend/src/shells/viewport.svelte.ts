/** Which of the three layouts fits the window. */

export type Width = 'phone' | 'tablet' | 'desktop';

const TABLET = '(width >= 640px)';
const DESKTOP = '(width >= 1024px)';

class Viewport {
  width = $state<Width>('phone');

  constructor() {
    const tablet = matchMedia(TABLET);
    const desktop = matchMedia(DESKTOP);
    const measure = (): void => {
      this.width = desktop.matches ? 'desktop' : tablet.matches ? 'tablet' : 'phone';
    };
    measure();
    tablet.addEventListener('change', measure);
    desktop.addEventListener('change', measure);
  }
}

export const viewport = new Viewport();
