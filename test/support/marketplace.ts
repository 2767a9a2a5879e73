import { createContentService } from '../../examples/marketplace/services/content-service.ts';
import { createFreelanceService } from '../../examples/marketplace/services/freelance-service.ts';
import { createMarketplaceService } from '../../examples/marketplace/services/marketplace-service.ts';
import { createNotificationService } from '../../examples/marketplace/services/notification-service.ts';
import { createUserService } from '../../examples/marketplace/services/user-service.ts';
import { type Example, type ExampleOptions, startExample } from './example.ts';

/** The default example as it ships, on free ports: its gateway.yaml, its schema, its five services. */
export interface Marketplace extends Example {
  /** An access token, by signing in through the gateway. */
  signIn(username: string): Promise<string>;
}

export async function startMarketplace(options: Pick<ExampleOptions, 'env'> = {}): Promise<Marketplace> {
  const services = [
    createUserService(),
    createNotificationService(),
    createFreelanceService(),
    createContentService(),
    createMarketplaceService(),
  ];
  const example = await startExample({ config: 'gateway.yaml', services, ...options });
  return {
    ...example,
    async signIn(username) {
      const body = { username, password: 'portico-demo' };
      const answer = await example.ask('/api/auth/login/', { method: 'POST', body });
      return (answer.body as { access: string }).access;
    },
  };
}
