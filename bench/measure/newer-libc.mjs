import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandVersion, glibcVersion } from './machine.mjs';

/** Debian 13, whose C library is glibc 2.41. */
const RELEASE = 'trixie';
const PACKAGES = ['libc6', 'libgcc-s1'];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const root = fileURLToPath(new URL(`../.cache/${RELEASE}`, import.meta.url));
const libraries = join(root, 'usr/lib/x86_64-linux-gnu');
const loader = join(libraries, 'ld-linux-x86-64.so.2');

let hasTried = false;

/**
 * How to start a program that wants this version of glibc: as it is, or, where the system's own is older, under a newer
 * one, which is fetched when first asked for. Undefined: it can't be had here.
 */
export function underGlibc(wanted, command, args) {
  if (hasGlibc(wanted)) return { command, args };
  if (!hasTried) fetchNewerLibc();
  hasTried = true;
  if (!existsSync(loader)) return undefined;
  return { command: loader, args: ['--library-path', libraries, command, ...args] };
}

function hasGlibc(wanted) {
  const [major, minor] = wanted.split('.').map(Number);
  const [ownMajor, ownMinor] = (glibcVersion() ?? '0.0').split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/**
 * Fetches a newer C library from Debian's packages into a folder of its own, once, so that programs which want one can
 * be measured on a stable Debian: nothing of the system is changed. What is fetched is checked as by every `apt-get`.
 */
function fetchNewerLibc() {
  const able = process.arch === 'x64' && existsSync(KEYRING) && commandVersion('apt-get', ['--version']);
  if (existsSync(loader) || !able) return;
  const apt = join(root, 'apt');
  const archives = join(apt, 'archives');
  for (const folder of ['lists/partial', 'archives/partial'])
    mkdirSync(join(apt, folder), { recursive: true });
  const list = join(apt, 'sources.list');
  writeFileSync(list, `deb [signed-by=${KEYRING}] http://deb.debian.org/debian ${RELEASE} main\n`);
  const settings = [
    `Dir::Etc::sourcelist=${list}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${join(apt, 'lists')}`,
    `Dir::Cache=${apt}`,
    'APT::Sandbox::User=root',
  ];
  const run = (...args) =>
    execFileSync('apt-get', ['-qq', ...settings.flatMap((setting) => ['-o', setting]), ...args], {
      cwd: archives,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  try {
    run('update');
    run('download', ...PACKAGES);
    for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb')))
      execFileSync('dpkg-deb', ['-x', join(archives, file), root]);
  } catch (error) {
    console.error(`could not fetch a newer C library: ${error.message}`);
  } finally {
    rmSync(apt, { recursive: true, force: true });
  }
}
