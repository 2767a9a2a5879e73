import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RewritingBlueprint } from '../blueprint/blueprint.ts';
import { GatewayResponse } from '../guard/gateway-response.ts';
import { OWN_NAMES } from '../guard/response-headers.ts';
import { withoutHeaders } from '../kernel/headers.ts';
import type { Headers } from '../kernel/scope.ts';

/** What is done with a header of the service. */
interface Treatment {
  /** All but `drop` differ only where the gateway has set one of that name. */
  readonly action: 'drop' | 'keep' | 'replace' | 'add';
  /** It is to go out, and the gateway's own headers may have one of that name. */
  readonly mayMeetOwn: boolean;
}

/** A service knows better than a default of the gateway how its own pages are to be protected. */
const SERVICE_KNOWS_BETTER =
  /^(?:content-security-policy|strict-transport-security|x-frame-options|x-content-type-options|x-xss-protection|referrer-policy|permissions-policy|cross-origin-.*|cache-control)$/;

/** Lists: what both say holds. */
const BOTH_HOLD: ReadonlySet<string> = new Set([
  'vary',
  'link',
  'set-cookie',
  'server-timing',
  'access-control-expose-headers',
]);

/** What is said of origins, but for the headers that a page may read: those are the service's to know. */
const OF_CORS = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-allow-private-network',
  'access-control-max-age',
];

/** Names as services spell them, with their treatment: a service uses the same few again and again. */
const REMEMBERED_NAMES = 256;

/** No longer true of a body that the gateway made out of the service's. */
const OF_THE_BODY = [
  'content-type',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-range',
  'accept-ranges',
  'digest',
  'repr-digest',
  'content-digest',
  'etag',
  'last-modified',
];

export interface ResponseHead {
  /**
   * Sets status and headers of an answer that goes out as the service made it. Nothing is sent yet, and as long as that
   * is so, what comes back takes it all from the response again.
   */
  write(response: ServerResponse, status: number, headers: Headers): TakeBack;
  /** The same for an answer whose body the gateway makes anew. */
  writeReplaced(response: ServerResponse, status: number, headers: Headers): void;
}

type TakeBack = (response: ServerResponse) => void;

/**
 * Compiles a route's rules for answers. Headers that the gateway has set already stay, except where the service
 * knows better; repeated ones (`Set-Cookie`) stay apart. A 204 loses `Content-Length` (RFC 9110, 8.6).
 * With `ownCors` the gateway says which origins may call, and what the service says of that is dropped.
 */
export function compileResponseHead(rules: RewritingBlueprint | undefined, ownCors = false): ResponseHead {
  const set = rules?.set ?? [];
  const dropped = new Set([...(rules?.remove ?? []), ...set.map(([name]) => name)].map(lower));
  if (ownCors) for (const name of OF_CORS) dropped.add(name);
  const passed = compileTreatment(dropped);
  const withoutLength = compileTreatment(new Set([...dropped, 'content-length']));
  const replaced = compileTreatment(new Set([...dropped, ...OF_THE_BODY]));
  const added = set.flat();

  const touchesOwn = [...dropped].some((name) => OWN_NAMES.has(name));

  const prepare = (treat: TreatName, response: GatewayResponse, status: number, headers: Headers): void => {
    const others = touchesOwn ? undefined : othersAlone(headers, treat);
    if (others) {
      for (const part of added) others.push(part);
      response.prepareHeadBeside(status, others);
      return;
    }
    const list = withoutHeaders(response.ownHeaders() ?? [], (name) => dropped.has(name) && name !== 'vary');
    addHeaders(list, headers, treat);
    for (const part of added) list.push(part);
    response.prepareHead(status, list);
  };
  const setAll = (treat: TreatName, response: ServerResponse, status: number, headers: Headers): void => {
    response.statusCode = status;
    copyHeaders(response, headers, treat);
    for (const [name, value] of set) response.setHeader(name, value);
    for (const name of rules?.remove ?? []) response.removeHeader(name);
  };
  return {
    write(response, status, headers) {
      const treat = status === 204 ? withoutLength : passed;
      if (response instanceof GatewayResponse && response.owesHeaders) {
        prepare(treat, response, status, headers);
        return forgetHead;
      }
      const before = response.getHeaders();
      setAll(treat, response, status, headers);
      return () => restore(response, before);
    },
    writeReplaced: (response, status, headers) => setAll(replaced, response, status, headers),
  };
}

function forgetHead(response: ServerResponse): void {
  (response as GatewayResponse).forgetHead();
}

function restore(response: ServerResponse, before: OutgoingHttpHeaders): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  for (const [name, value] of Object.entries(before))
    if (value !== undefined) response.setHeader(name, value);
}

type TreatName = (name: string) => Treatment;

function compileTreatment(dropped: ReadonlySet<string>): TreatName {
  const seen = new Map<string, Treatment>();
  return (name) => {
    const known = seen.get(name);
    if (known !== undefined) return known;
    const treatment = treatmentOf(name.toLowerCase(), dropped);
    if (seen.size < REMEMBERED_NAMES) seen.set(name, treatment);
    return treatment;
  };
}

function treatmentOf(name: string, dropped: ReadonlySet<string>): Treatment {
  const action = actionOf(name, dropped);
  return { action, mayMeetOwn: action !== 'drop' && OWN_NAMES.has(name) };
}

function actionOf(name: string, dropped: ReadonlySet<string>): Treatment['action'] {
  if (dropped.has(name)) return 'drop';
  if (BOTH_HOLD.has(name)) return 'add';
  return SERVICE_KNOWS_BETTER.test(name) ? 'replace' : 'keep';
}

/** The service's headers, if none of them has a name that the gateway uses itself; else undefined. */
function othersAlone(headers: Headers, treat: TreatName): string[] | undefined {
  const list: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const { action, mayMeetOwn } = treat(name);
    if (mayMeetOwn) return undefined;
    if (action !== 'drop') list.push(name, headers[i + 1] as string);
  }
  return list;
}

/** Adds the service's headers to a list that holds the gateway's. */
function addHeaders(list: string[], headers: Headers, treat: TreatName): void {
  let own = list.length;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const { action } = treat(name);
    if (action === 'drop') continue;
    if (action !== 'add') {
      const known = indexOfName(list, own, name);
      if (known >= 0 && action === 'keep') continue;
      if (known >= 0) {
        list.splice(known, 2);
        own -= 2;
      }
    }
    list.push(name, headers[i + 1] as string);
  }
}

function indexOfName(list: Headers, end: number, name: string): number {
  for (let i = 0; i < end; i += 2) {
    const key = list[i] as string;
    if (key.length === name.length && key.toLowerCase() === name.toLowerCase()) return i;
  }
  return -1;
}

/** The same for a response that has headers set on it. */
function copyHeaders(response: ServerResponse, headers: Headers, treat: TreatName): void {
  let own: Set<string> | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const { action } = treat(name);
    if (action === 'drop') continue;
    if (!response.hasHeader(name)) {
      response.setHeader(name, value);
      continue;
    }
    // Only here does it matter who set the other one, the gateway or the service.
    own ??= ownNames(response, headers, i);
    const lower = name.toLowerCase();
    if (own.has(lower) && action === 'keep') continue;
    if (own.has(lower) && action === 'replace') {
      response.removeHeader(name);
      own.delete(lower);
    }
    response.appendHeader(name, value);
  }
}

/** Names that the gateway has set: all but those that were copied from the list so far, up to `end`. */
function ownNames(response: ServerResponse, headers: Headers, end: number): Set<string> {
  const own = new Set(response.getHeaderNames());
  for (let i = 0; i < end; i += 2) own.delete((headers[i] as string).toLowerCase());
  return own;
}

function lower(text: string): string {
  return text.toLowerCase();
}
