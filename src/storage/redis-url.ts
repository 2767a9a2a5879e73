/** Where Redis is and how to sign in there, as a URL of `storage.redis` says it. */
export type RedisTarget = SingleTarget | ClusterTarget | SentinelTarget;

interface Access {
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface SingleTarget extends Access {
  readonly kind: 'single';
  readonly node: RedisNode;
  readonly db: number;
}

export interface ClusterTarget extends Access {
  readonly kind: 'cluster';
  /** Any of its nodes; they know the others. */
  readonly nodes: readonly RedisNode[];
}

export interface SentinelTarget extends Access {
  readonly kind: 'sentinel';
  readonly nodes: readonly RedisNode[];
  /** The name under which the sentinels know the master. */
  readonly master: string;
  readonly db: number;
}

const SHAPE = /^(rediss?)(-cluster|-sentinel)?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/;
const NODE = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;

const PORT = { single: 6379, cluster: 6379, sentinel: 26_379 };

const EXPECTED =
  'expected redis://host:port, rediss://host:port, redis-cluster://host:port,host:port or ' +
  'redis-sentinel://host:port,host:port/master-name; with user:password@ before the hosts and /db at the end if need be';

/**
 * Reads `redis[s]://[user:password@]host[:port][/db]`, the same as `redis[s]-cluster://` with several nodes and no
 * database, and as `redis[s]-sentinel://` with `/master-name[/db]`. Throws an Error whose message shows nothing of the
 * text, for it may hold a password.
 */
export function parseRedisUrl(text: string): RedisTarget {
  const match = SHAPE.exec(text);
  if (match === null) throw new Error(EXPECTED);
  const [, scheme, suffix, credentials, hosts = '', path = ''] = match;
  const access = { ...readCredentials(credentials), tls: scheme === 'rediss' };
  if (suffix === '-cluster') {
    if (path !== '' && path !== '0')
      throw new Error('a Redis cluster has no databases; end the URL after the hosts');
    return { kind: 'cluster', nodes: readNodes(hosts, PORT.cluster), ...access };
  }
  if (suffix === '-sentinel') {
    const [master = '', db = '', ...more] = path.split('/').map(decode);
    if (master === '' || more.length > 0)
      throw new Error('a redis-sentinel URL ends with /master-name or /master-name/db');
    return {
      kind: 'sentinel',
      nodes: readNodes(hosts, PORT.sentinel),
      master,
      db: readDatabase(db),
      ...access,
    };
  }
  const [node, ...others] = readNodes(hosts, PORT.single);
  if (node === undefined || others.length > 0) {
    throw new Error('several hosts need redis-cluster:// or redis-sentinel://');
  }
  return { kind: 'single', node, db: readDatabase(path), ...access };
}

function readCredentials(text: string | undefined): Pick<Access, 'username' | 'password'> {
  if (text === undefined || text === '') return {};
  const colon = text.indexOf(':');
  // One word alone is a password, as the first Redis servers had no users.
  const username = colon === -1 ? '' : decode(text.slice(0, colon));
  const password = decode(colon === -1 ? text : text.slice(colon + 1));
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function readNodes(hosts: string, defaultPort: number): RedisNode[] {
  return hosts.split(',').map((entry) => {
    const [, host, port] = NODE.exec(entry) ?? [];
    const number = port === undefined ? defaultPort : Number(port);
    if (host === undefined || number < 1 || number > 65_535) throw new Error(EXPECTED);
    return { host: host.replace(/^\[|\]$/g, ''), port: number };
  });
}

function readDatabase(text: string): number {
  if (!/^\d{0,5}$/.test(text))
    throw new Error('the database at the end of a Redis URL is a number, such as /0');
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('a % in the user or password of a Redis URL is written %25');
  }
}
