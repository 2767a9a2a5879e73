import { Argument, Command, InvalidArgumentError } from 'commander';
import { createGateway, type Gateway } from '../gateway.ts';
import { suggestion } from '../kernel/problem.ts';
import { type Demo, demoAsJson, demoAsText } from './demo/guide.ts';
import { type ServiceProcess, startServiceProcess } from './demo/service-process.ts';
import { signIn } from './demo/sign-in.ts';
import { EXAMPLES, readTour, type Tour, urlVariable } from './demo/tour.ts';
import { CommandFailure } from './failure.ts';
import { complain, print } from './report.ts';

interface DemoOptions {
  readonly port?: number;
  readonly json?: true;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('start an example: its downstream services, and the gateway before them')
    .addArgument(new Argument('[example]', EXAMPLES.join(', ')).default('marketplace'))
    .option('--port <number>', 'port of the gateway; 0 takes a free one, as the services do', portNumber)
    .option('--json', 'one line for programs once all listen: url, token, adminToken, services')
    .addHelpText('after', '\nExamples:\n  $ portico demo\n  $ portico demo marketplace --port 4100 --json')
    .allowExcessArguments(false)
    .action(demo);
}
