import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const number = (name) => Number(execFileSync('getconf', [name], { encoding: 'utf8' }));

/** pid, parent, CPU ticks (its own and those of children it has waited for) and resident pages; see proc(5). */
function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may hold spaces; the fields are counted from behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return { pid: Number(pid), parent: Number(fields[1]), ticks, pages: Number(fields[21]) };
  } catch {
    return undefined; // gone since the listing
  }
}

function familyOf(root) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter((stat) => stat !== undefined);
  const family = all.filter(({ pid }) => pid === root);
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member.pid));
  return family;
}

let units;

/** CPU seconds used so far and resident bytes of a process and all its descendants. */
export function usageOf(root) {
  units ??= { tick: 1 / number('CLK_TCK'), page: number('PAGESIZE') };
  const family = familyOf(root);
  return {
    cpuSeconds: family.reduce((sum, { ticks }) => sum + ticks, 0) * units.tick,
    rss: family.reduce((sum, { pages }) => sum + pages, 0) * units.page,
  };
}
