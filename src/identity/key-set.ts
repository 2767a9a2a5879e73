import {
  type CompactJWSHeaderParameters,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import { request } from 'undici';
import type { Clock } from '../kernel/clock.ts';
import { isJsonObject } from '../kernel/json.ts';

/** Milliseconds after which keys are fetched anew, so that a key taken back stops working. */
const MAX_AGE = 600_000;
/** Milliseconds that old keys still serve while the endpoint is down. */
const MAX_STALE = 86_400_000;
/** Milliseconds between fetches that unknown `kid`s may cause: forged ones must not hammer the endpoint. */
const COOLDOWN = 10_000;
/** Milliseconds before a failed fetch is tried again. */
const RETRY_AFTER = 1000;
const FETCH_TIMEOUT = 5000;
const MAX_BYTES = 1_048_576;

/** The keys could not be fetched and none are at hand. */
export class KeySetUnavailable extends Error {
  override readonly name = 'KeySetUnavailable';
}

export interface KeySetOptions {
  readonly uri: string;
  readonly clock: Clock;
  /** Told when a fetch fails, once per fetch. */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * The keys behind a JWKS URI (RFC 7517), fetched when first needed and kept. Fetches that would run at the same
 * time are joined; an unknown `kid` causes one more, so that a rotated key works at once.
 * The function gives the key for a token's header; throws `KeySetUnavailable`, or jose's error if no key fits.
 */
export function createKeySet(options: KeySetOptions): JWTVerifyGetKey {
  const { clock } = options;
  let keys: JWTVerifyGetKey | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let searchedAt = Number.NEGATIVE_INFINITY;
  let failure: unknown;
  let pending: Promise<void> | undefined;

  async function fetchKeys(): Promise<void> {
    try {
      keys = createLocalJWKSet(await fetchJwks(options.uri, clock));
      fetchedAt = clock.now();
      failure = undefined;
    } catch (error) {
      failure = error;
      failedAt = clock.now();
      options.onFailure?.(error);
    } finally {
      pending = undefined;
    }
  }

  function refresh(): Promise<void> {
    if (failure !== undefined && clock.now() - failedAt < RETRY_AFTER) return Promise.resolve();
    pending ??= fetchKeys();
    return pending;
  }

  async function current(): Promise<JWTVerifyGetKey> {
    if (clock.now() - fetchedAt >= MAX_AGE) await refresh();
    if (keys === undefined || clock.now() - fetchedAt >= MAX_STALE) {
      throw new KeySetUnavailable(`no keys from ${options.uri}`, { cause: failure });
    }
    return keys;
  }

  return async (header: CompactJWSHeaderParameters, token: FlattenedJWSInput) => {
    const known = await current();
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // Those who come while a search is on share it: what it brings is for them too.
      if (pending === undefined && clock.now() - searchedAt < COOLDOWN) throw error;
      searchedAt = clock.now();
      await refresh();
      return (await current())(header, token);
    }
  };
}

async function fetchJwks(uri: string, clock: Clock): Promise<JSONWebKeySet> {
  const controller = new AbortController();
  const timer = clock.after(FETCH_TIMEOUT, () =>
    controller.abort(new Error(`no answer in ${FETCH_TIMEOUT} ms`)),
  );
  try {
    const response = await request(uri, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      signal: controller.signal,
    });
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw new Error(`${uri} answered ${response.statusCode}`);
    }
    return parseJwks(await readAll(response.body), uri);
  } finally {
    timer.cancel();
  }
}

async function readAll(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes of keys`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJwks(text: string, uri: string): JSONWebKeySet {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value) || !Array.isArray(value.keys)) throw new Error(`${uri} is not a JWK set`);
  // One entry of a kind that nobody here knows must not spoil the others.
  return {
    keys: value.keys.filter((key) => isJsonObject(key) && typeof key.kty === 'string'),
  } as JSONWebKeySet;
}
