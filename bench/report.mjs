import { readFileSync, writeFileSync } from 'node:fs';
import { judgeTargets } from './target.mjs';

const head = [
  ['', 'requests/s', 'of Portico', 'p50 ms', 'p99 ms', 'CPU s per 1,000', 'RSS MB', 'calls per request'],
  ['---', '---:', '---:', '---:', '---:', '---:', '---:', '---:'],
];

const line = (cells) => `| ${cells.join(' | ')} |`;

/** Latencies and CPU seconds range over four powers of ten: three digits that count. */
const digits = (value) => (value === 0 ? '0' : Number(value.toPrecision(3)).toString());

/** Below this share of its core a gateway was not what limited the figure. */
const saturated = 0.85;

function cellsOf({ name, label, absent, invalid, figures, ratio }) {
  const title = name === 'portico' ? `**${label}**` : label;
  const why = invalid === undefined ? absent : `INVALID: ${invalid.replaceAll(/\s+/g, ' ').slice(0, 160)}`;
  if (figures === undefined)
    return [title, (why ?? 'not measured').replaceAll('|', '\\|'), '', '', '', '', '', ''];
  return [
    title,
    Math.round(figures.perSecond) + (figures.busy < saturated ? ' †' : ''),
    ratio === undefined ? '' : ratio.toFixed(2),
    digits(figures.p50),
    digits(figures.p99),
    digits(figures.cpuPerThousand),
    Math.round(figures.rss / 1e6),
    figures.callsPerRequest.toFixed(2),
  ];
}

const speed = ({ figures }) => figures?.perSecond ?? -1;

function tableOf({ id, title, rows }) {
  const sorted = rows.toSorted((left, right) => speed(right) - speed(left));
  return [
    `### ${id}`,
    '',
    `${title}.`,
    '',
    ...head.map(line),
    ...sorted.map((row) => line(cellsOf(row))),
    '',
  ];
}

function targetLines(summary) {
  const words = new Map([
    [true, 'yes'],
    [false, '**no**'],
    [undefined, 'cannot be told here'],
  ]);
  const rows = judgeTargets(summary).map(({ text, value = '', met }) => line([text, value, words.get(met)]));
  return ['### Aims', '', line(['', 'reached', 'met']), line(['---', '---:', '---']), ...rows, ''];
}

/** Every row that is faster than Portico's; each figure is in the table of its workload too. */
function lossLines(summary) {
  const losses = summary.flatMap(({ id, rows }) =>
    rows
      .filter(({ name, ratio }) => name !== 'portico' && ratio > 1)
      .toSorted((left, right) => right.ratio - left.ratio)
      .map(({ label, ratio }) => line([id, label, ratio.toFixed(2)])),
  );
  if (losses.length === 0) return ['### Where Portico loses', '', 'In no row of this run.', ''];
  const titles = [line(['', 'faster', 'times Portico']), line(['---', '---', '---:'])];
  return ['### Where Portico loses', '', ...titles, ...losses, ''];
}

function soakLines(resident) {
  if (resident === undefined) return [];
  const megabytes = resident.map((bytes) => Math.round(bytes / 1e6));
  const growth = ((resident.at(-1) / resident[0] - 1) * 100).toFixed(1);
  return [
    '### Memory',
    '',
    `Portico under Q1b, RSS in MB at the end of each minute: ${megabytes.join(', ')}. From the first to the last: ${growth} %.`,
    '',
  ];
}

/** The whole report as Markdown, headings from the third level down. */
export function renderReport({ summary, machine, rounds, seconds, warmup, cores, date, resident }) {
  const facts = [
    `Made on ${date} by \`npm run bench\`: ${rounds} rounds of ${seconds} s each after ${warmup} s of warming up, medians.`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memory}; ${machine.system}; Node ${machine.node}; wrk ${machine.wrk}.`,
    `The gateway ran on core ${cores.gateway.join(',')}, load and upstream on ${cores.load.join(',')}.`,
    '† the gateway computed for less than 85 % of the time: load, upstream or waiting was what limited the figure.',
  ];
  return [
    facts.join('\n'),
    '',
    ...targetLines(summary),
    ...lossLines(summary),
    ...soakLines(resident),
    ...summary.flatMap(tableOf),
  ].join('\n');
}

const begin = '<!-- bench:begin, written by bench/run.mjs -->';
const end = '<!-- bench:end -->';

/** Puts the report between the marks of a Markdown file; what stands around them stays. */
export function writeBetweenMarks(file, report) {
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${file} lacks the marks ${begin} and ${end}`);
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n\n${report.trimEnd()}\n\n${text.slice(to)}`);
}
