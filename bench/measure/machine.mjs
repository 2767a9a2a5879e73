import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** What a command says of its version on either stream, or undefined where there is no such command. */
export function commandVersion(command, args) {
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return error === undefined ? `${stdout}${stderr}`.trim() : undefined;
}

/** The version of the GNU C library, or undefined for another one. */
export const glibcVersion = () => process.report.getReport().header.glibcVersionRuntime;

/** The cores that this process may run on, by number. */
export function allowedCores() {
  const list = readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list:\s*(\S+)/m)[1];
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Why nothing can be measured on this machine; an empty list if it can. */
export function whatIsMissing() {
  if (process.platform !== 'linux')
    return ['Linux: core pinning and /proc are what the figures are made with'];
  const missing = [];
  if (allowedCores().length < 2) missing.push('two cores: one for the gateway, one for load and upstream');
  for (const [command, args, from] of [
    ['taskset', ['--version'], 'util-linux'],
    ['wrk', ['--version'], 'wrk'],
  ]) {
    if (commandVersion(command, args) === undefined) missing.push(`${command} (Debian package ${from})`);
  }
  return missing;
}

/** Installs what is missing from Debian's packages, if this is Debian and the user may. */
export function installTools() {
  const wanted = ['wrk', 'nginx'].filter((command) => commandVersion(command, ['-v']) === undefined);
  const able = process.getuid?.() === 0 && commandVersion('apt-get', ['--version']) !== undefined;
  if (wanted.length === 0 || !able) return;
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  // Debian starts a server that it installs, unless this file says that it must not.
  const policy = '/usr/sbin/policy-rc.d';
  const ownPolicy = !existsSync(policy);
  if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    execFileSync('apt-get', ['update', '-qq'], options);
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...wanted], options);
  } catch (error) {
    console.error(`could not install ${wanted.join(' and ')}: ${error.message}`);
  } finally {
    if (ownPolicy) rmSync(policy);
  }
}

/** Facts of the machine for the report. */
export function describeMachine() {
  const system = readFileSync('/etc/os-release', 'utf8').match(/^PRETTY_NAME="?([^"\n]+)/m)?.[1] ?? 'Linux';
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${system}, Linux ${release().split('-')[0]}, glibc ${glibcVersion() ?? 'none'}`,
    node: process.version,
    wrk: commandVersion('wrk', ['--version'])?.match(/wrk \S*?([\d.]+)/)?.[1] ?? 'unknown',
  };
}
