/** How this browser puts the page on its home screen or among its apps. */

export type InstallHint = 'installed' | 'insecure' | 'ios' | 'android' | 'safari' | 'firefox' | 'desktop';

export interface Browser {
  userAgent: string;
  /** More than one finger: an iPad says that it is a Mac. */
  touchPoints: number;
  /** Runs in a window of its own already. */
  standalone: boolean;
  /** HTTPS, or this machine itself. */
  secure: boolean;
}

export function installHint({ userAgent, touchPoints, standalone, secure }: Browser): InstallHint {
  if (standalone) return 'installed';
  if (!secure) return 'insecure';
  if (/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1)) return 'ios';
  if (/Android/.test(userAgent)) return 'android';
  if (/Firefox\//.test(userAgent)) return 'firefox';
  return /Safari\//.test(userAgent) && !/Chrome\//.test(userAgent) ? 'safari' : 'desktop';
}
