/** What is shown of a pairing. */

/** The QR code as an image's address: the page's policy takes no markup from elsewhere. */
export function imageOf(svg: string): string {
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

const THIS_MACHINE = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether the link leads nowhere from another machine. */
export function isOnlyHere(url: string): boolean {
  return URL.canParse(url) && THIS_MACHINE.test(new URL(url).hostname);
}
