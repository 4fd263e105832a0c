import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import SignIn from '../../../src/features/login/SignIn.svelte';
import { session } from '../../../src/state/session.svelte';

const DEVICE = { device_id: 'd1', name: 'Phone', created_ms: 1, last_used_ms: 1, current: true };
let asked: { code: string; device: string }[];
let answer: () => Response;

beforeEach(() => {
  asked = [];
  answer = () => Response.json({ user: 'owner', device: DEVICE }, { status: 201 });
  vi.stubGlobal('fetch', async (_url: string, init: RequestInit) => {
    asked.push(JSON.parse(String(init.body)));
    return answer();
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function refused(status: number, code: string): void {
  answer = () => Response.json({ type: code, title: code, status, code, detail: `server: ${code}` }, { status });
}

async function enter(code: string): Promise<HTMLInputElement> {
  const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'Code' });
  await fireEvent.input(field, { target: { value: code } });
  return field;
}

const button = (): HTMLButtonElement => screen.getByRole('button', { name: 'Sign in' });

describe('SignIn', () => {
  it('takes a short code as it is typed, and a name for the browser', async () => {
    const signedIn: string[] = [];
    render(SignIn, { inPlace: false, onsignedin: (device: string) => signedIn.push(device) });
    expect(button().disabled).toBe(true);
    const field = await enter('k7qm3xpd');
    expect(field.value).toBe('K7QM-3XPD');
    await fireEvent.input(screen.getByRole('textbox', { name: 'Name of this browser' }), {
      target: { value: 'Phone' },
    });
    await fireEvent.click(button());
    await waitFor(() => expect(signedIn).toEqual(['Phone']));
    expect(asked).toEqual([{ code: 'K7QM-3XPD', device: 'Phone' }]);
    expect(session.phase).toBe('signed_in');
  });

  it('sends once, however often it is pressed', async () => {
    let go: (response: Response) => void = () => undefined;
    vi.stubGlobal('fetch', (_url: string, init: RequestInit) => {
      asked.push(JSON.parse(String(init.body)));
      return new Promise<Response>((resolve) => (go = resolve));
    });
    render(SignIn, { inPlace: false });
    await enter('K7QM3XPD');
    const form = button().form as HTMLFormElement;
    await fireEvent.submit(form);
    await fireEvent.submit(form);
    await fireEvent.click(button());
    expect(asked).toHaveLength(1);
    go(answer());
    await waitFor(() => expect(button().getAttribute('aria-busy')).toBeNull());
  });

  it.each([
    [403, 'wrong_code', /wrong, was used already, or is more than 10 minutes old/],
    [429, 'too_many_tries', /Too many wrong codes/],
    [503, 'vault_down', /server: vault_down/],
  ])('says in plain words what a %i means', async (status, code, words) => {
    refused(status, code);
    render(SignIn, { inPlace: false });
    await enter('K7QM3XPD');
    await fireEvent.click(button());
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toMatch(words);
    expect((await enter('K7QM3XPE')).value).toBe('K7QM-3XPE');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says so when the desk cannot be reached', async () => {
    answer = () => {
      throw new TypeError('Failed to fetch');
    };
    render(SignIn, { inPlace: true });
    await enter('K7QM3XPD');
    await fireEvent.click(button());
    expect((await screen.findByRole('alert')).textContent).toMatch(/cannot be reached/);
  });

  it('tries the secret of a link at once, and asks for a code when that is used up', async () => {
    refused(403, 'wrong_code');
    render(SignIn, { inPlace: false, secret: 'a-secret_43' });
    expect((await screen.findByRole('alert')).textContent).toMatch(/link was used already/);
    expect(asked.map((body) => body.code)).toEqual(['a-secret_43']);
    expect(screen.getByRole('textbox', { name: 'Code' })).toBeTruthy();
  });
});
