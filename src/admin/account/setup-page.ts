import { createHash } from 'node:crypto';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#222;background:#fff}' +
  'label{display:block;margin:1rem 0 .25rem}input{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}' +
  'button{font:inherit;margin-top:1.5rem;padding:.5rem 1rem}p[role=alert]{color:#a00}';

/** The page loads nothing, runs nothing, and can be shown in no frame. */
const POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; ` +
  "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** Headers of the page, flat. Its address holds the token, which must go nowhere else. */
export const PAGE_HEADERS: readonly string[] = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Content-Security-Policy',
  POLICY,
  'Referrer-Policy',
  'no-referrer',
  'Cache-Control',
  'no-store',
];

export interface SetupForm {
  readonly token: string;
  readonly username?: string;
  /** What was wrong with what was sent before. */
  readonly faults?: readonly string[];
}

/** The form that makes the first admin. */
export function setupForm({ token, username = '', faults = [] }: SetupForm): string {
  const alerts = faults.map((fault) => `<p role="alert">${escapeHtml(fault)}</p>`).join('');
  return page(
    'Make the first admin',
    `${alerts}<form method="post"><input type="hidden" name="token" value="${escapeHtml(token)}">` +
      '<label for="username">Username</label>' +
      `<input id="username" name="username" value="${escapeHtml(username)}" required autocomplete="username" autofocus>` +
      '<label for="password">Password, at least 8 characters</label>' +
      '<input id="password" name="password" type="password" required minlength="8" autocomplete="new-password">' +
      '<button>Make the admin</button></form>',
  );
}

/** What is shown once it is made. */
export function setupDone(username: string, loginPath: string): string {
  return page(
    'The admin is made',
    `<p>${escapeHtml(username)} can log in now, with <code>POST ${escapeHtml(loginPath)}</code>. This page works no more.</p>`,
  );
}

function page(title: string, body: string): string {
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>${title} · Portico</title><style>${STYLE}</style></head><body><h1>${title}</h1>${body}</body></html>`
  );
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
