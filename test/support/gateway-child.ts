/** Runs a gateway in a process of its own: see gateway-process.ts. */
import { createGateway } from '../../src/gateway.ts';

const [file = ''] = process.argv.slice(2);
const gateway = await createGateway({
  file,
  env: process.env,
  overrides: { port: 0, host: '127.0.0.1', development: false },
});
const { url } = await gateway.start();

let peak = 0;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 10);

process.on('message', (question) => {
  if (question === 'memory') {
    process.send?.({ memory: process.memoryUsage.rss(), peak });
    peak = process.memoryUsage.rss();
  } else if (question === 'close') {
    clearInterval(watch);
    void gateway.close().then(() => process.disconnect());
  }
});
process.send?.({ url });
