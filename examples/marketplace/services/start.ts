// Runs one service: `npx tsx examples/marketplace/services/start.ts user-service --port 8000`.
import { runService } from '../../service/run-service.ts';
import { createContentService } from './content-service.ts';
import { createFreelanceService } from './freelance-service.ts';
import { createMarketplaceService } from './marketplace-service.ts';
import { createNotificationService } from './notification-service.ts';
import { createUserService } from './user-service.ts';

await runService(
  new Map([
    ['user-service', createUserService],
    ['notification-service', createNotificationService],
    ['freelance-service', createFreelanceService],
    ['content-service', createContentService],
    ['marketplace-service', createMarketplaceService],
  ]),
);
