import { describe, expect, it } from 'vitest';
import { type ServiceProcess, startServiceProcess } from '../../src/cli/demo/service-process.ts';
import { readTour } from '../../src/cli/demo/tour.ts';

async function start(name: string, onExit: (name: string, reason: string) => void): Promise<ServiceProcess> {
  const tour = await readTour('marketplace');
  return startServiceProcess({ file: tour?.start ?? '', name, onExit });
}

describe('a service process', () => {
  it('listens on a port of its own until it is stopped, and says nothing of that', async () => {
    const told: string[] = [];
    const service = await start('content-service', (name) => told.push(name));
    const health = await fetch(`${service.url}/api/health/`);
    expect(await health.json()).toMatchObject({ service: 'content-service' });
    await service.stop();
    await expect(fetch(`${service.url}/api/health/`)).rejects.toThrow('fetch failed');
    expect(told).toEqual([]);
  });

  it('tells of a death that nobody asked for', async () => {
    let tell = (_: string) => {};
    const told = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const service = await start('user-service', (name, reason) => tell(`${name}: ${reason}`));
    process.kill(service.pid, 'SIGKILL');
    expect(await told).toBe('user-service: SIGKILL');
    await service.stop();
  });

  it('fails to start under a name that the example lacks', async () => {
    await expect(start('no-service', () => {})).rejects.toThrow('no-service did not start: exit code 2');
  });
});
