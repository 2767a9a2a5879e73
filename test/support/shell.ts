import { execFileSync } from 'node:child_process';

/** The arguments that a POSIX shell hands to `curl` when it runs this line. */
export function curlArguments(line: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${line}\n`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

/** Does what curl would do for a printed line, by those of its options that the lines use; throws for any other. */
export async function runCurlLine(line: string): Promise<Response> {
  const headers = new Headers();
  let method: string | undefined;
  let body: string | undefined;
  let url = '';
  const rest = curlArguments(line);
  for (let option = rest.shift(); option !== undefined; option = rest.shift()) {
    if (option === '-s') continue;
    if (!option.startsWith('-')) {
      url = option;
      continue;
    }
    const value = rest.shift() ?? '';
    if (option === '-X') method = value;
    else if (option === '-d') body = value;
    else if (option === '-H') headers.append(...split(value));
    else throw new Error(`curl's option ${option} is not known here`);
  }
  return fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body !== undefined && { body }),
  });
}

function split(header: string): [name: string, value: string] {
  const colon = header.indexOf(':');
  return [header.slice(0, colon), header.slice(colon + 1).trim()];
}
