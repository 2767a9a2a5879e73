import { isDeepStrictEqual } from 'node:util';
import { request } from 'undici';

let caller = 0;

/** One request of a workload; distinct callers each have a token of their own, apart from those of the load. */
async function ask(workload, port) {
  caller += 1;
  const headers = {};
  if (workload.body !== '') headers['content-type'] = 'application/json';
  if (isDistinct(workload)) headers.authorization = `Bearer check-${caller}`;
  const response = await request(`http://127.0.0.1:${port}${workload.path}`, {
    method: workload.method,
    headers,
    body: workload.body === '' ? null : workload.body,
    headersTimeout: 10_000,
  });
  return { status: response.statusCode, text: await response.body.text() };
}

/** Whether every request of this workload has an Authorization header of its own. */
export const isDistinct = ({ variant }) => variant.endsWith('forward') || variant === 'unlike';

/**
 * Asks once and compares the whole answer with the right one. Gives the number of bytes of the body; throws
 * with what was wrong.
 */
export async function checkAnswer(workload, port) {
  const { status, text } = await ask(workload, port);
  if (status !== 200) throw new Error(`answered ${status}: ${text.slice(0, 200)}`);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`answered something that is not JSON: ${text.slice(0, 200)}`);
  }
  if (!isDeepStrictEqual(value, workload.expected)) throw new Error(`wrong answer: ${text.slice(0, 200)}`);
  return Buffer.byteLength(text);
}
