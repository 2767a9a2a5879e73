import { afterEach } from 'vitest';
import { type Gateway, type GatewayOptions, startGateway } from './graphql-gateway.ts';
import { type RestService, type RouteAnswer, startRestService } from './graphql-service.ts';

/** Starts services and gateways that end with the test. */
export interface GraphqlFixture {
  service(routes: Record<string, RouteAnswer>): Promise<RestService>;
  gateway(options: GatewayOptions): Promise<Gateway>;
}

/** To be called once in a test file, at its top. */
export function useGraphqlFixture(): GraphqlFixture {
  const gateways: Gateway[] = [];
  const services: RestService[] = [];
  afterEach(async () => {
    for (const one of gateways.splice(0)) await one.close();
    for (const one of services.splice(0)) await one.close();
  });
  return {
    async service(routes) {
      const started = await startRestService(routes);
      services.push(started);
      return started;
    },
    async gateway(options) {
      const started = await startGateway(options);
      gateways.push(started);
      return started;
    },
  };
}
