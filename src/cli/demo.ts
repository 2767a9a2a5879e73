import { Argument, Command, InvalidArgumentError } from 'commander';
import { suggestion } from '../kernel/problem.ts';
import { demoAsJson, demoAsText } from './demo/guide.ts';
import { runDemo } from './demo/run-demo.ts';
import { EXAMPLES, readTour, type Tour } from './demo/tour.ts';
import { CommandFailure } from './failure.ts';
import { print } from './report.ts';

interface DemoOptions {
  readonly port?: number;
  readonly json?: true;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('start an example: its downstream services, and the gateway before them')
    .addArgument(new Argument('[example]', EXAMPLES.join(', ')).default('marketplace'))
    .option(
      '--port <number>',
      'port of the gateway, 0 for a free one (default: that of its gateway.yaml)',
      toPort,
    )
    .option('--json', 'print one line for programs once all listen: url, token, adminToken, services')
    .addHelpText('after', '\nExamples:\n  $ portico demo\n  $ portico demo marketplace --port 4100 --json')
    .allowExcessArguments(false)
    .action(demo);
}

async function demo(name: string, options: DemoOptions): Promise<void> {
  const tour = await findTour(name);
  const running = await runDemo(tour, { port: options.port, quiet: options.json === true });
  print(options.json ? demoAsJson(running.demo) : demoAsText(running.demo));
  await running.ended;
}

async function findTour(name: string): Promise<Tour> {
  const known = EXAMPLES.find((example) => example === name);
  if (known === undefined) {
    const names = `there are ${EXAMPLES.join(', ')}`;
    throw new CommandFailure([`unknown example "${name}".${suggestion(name, EXAMPLES) || ` ${names}`}`], 2);
  }
  const tour = await readTour(known);
  if (tour === undefined) throw new CommandFailure([`the example ${known} is not available yet`]);
  return tour;
}

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('Give a port from 0 to 65535.');
}
