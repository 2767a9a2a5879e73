import { answer } from '../../guard/answer.ts';
import type { Door, Inbound } from '../../guard/inbound.ts';
import type { Accounts } from '../../identity/account/accounts.ts';
import type { Audit } from '../../kernel/audit-event.ts';
import { GatewayError } from '../../kernel/error.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { readCredentials, usernameTaken } from './account-doors.ts';
import { isForm, readFields } from './read-fields.ts';
import { PAGE_HEADERS, type SetupForm, setupDone, setupForm } from './setup-page.ts';

export interface SetupOptions {
  readonly accounts: Accounts;
  readonly audit: Audit;
  readonly loginPath: string;
}

const JSON_HEADERS = ['Content-Type', 'application/json; charset=utf-8', 'Cache-Control', 'no-store'];

/**
 * The page behind the printed link: a form, and what it is sent to. Without a token that is good now there is nothing
 * here, and there is never one once somebody is admin.
 */
export function setupDoors({ accounts, audit, loginPath }: SetupOptions): {
  readonly show: Door;
  readonly accept: Door;
} {
  return {
    async show(inbound) {
      const token = new URLSearchParams(inbound.query).get('token') ?? '';
      if (!(await accounts.isInvited(token))) throw notFound();
      sendPage(inbound, 200, setupForm({ token }));
    },
    async accept(inbound, scope) {
      const fields = await readFields(inbound);
      const token = typeof fields.token === 'string' ? fields.token : '';
      if (!(await accounts.isInvited(token))) throw notFound();
      try {
        const credentials = readCredentials(fields);
        const result = await accounts.acceptInvitation(token, credentials, scope.signal);
        if (!result.ok) throw result.reason === 'taken' ? usernameTaken() : notFound();
        const { id, username } = result.account;
        audit({ action: 'account.invite', outcome: 'success', scope, object: `account:${id}` });
        if (isForm(inbound)) return sendPage(inbound, 201, setupDone(username, loginPath));
        answer(inbound.response, 201, JSON_HEADERS, JSON.stringify({ id, username }));
      } catch (error) {
        if (!isForm(inbound) || !isCorrectable(error)) throw error;
        sendPage(inbound, error.status, setupForm(formAgain(token, fields, error)));
      }
    },
  };
}

/** Whoever filled in the form can do better at the next try. */
function isCorrectable(error: unknown): error is GatewayError {
  return error instanceof GatewayError && (error.status === 400 || error.status === 409);
}

function formAgain(token: string, { username }: JsonObject, { message, problems }: GatewayError): SetupForm {
  const faults = problems.map(({ at, message }) => `${at.slice(1)} ${message}`);
  return { token, username: String(username ?? ''), faults: faults.length > 0 ? faults : [message] };
}

function sendPage({ response }: Inbound, status: number, html: string): void {
  answer(response, status, PAGE_HEADERS, html);
}

function notFound(): GatewayError {
  return new GatewayError('NOT_FOUND', 'Not found');
}
