// Runs one service: `npx tsx examples/forge/services/start.ts market-service --port 8001`.
import { runService } from '../../service/run-service.ts';
import { createMarketService } from './market-service.ts';
import { createTradingService } from './trading-service.ts';

await runService(
  new Map([
    ['market-service', createMarketService],
    ['trading-service', createTradingService],
  ]),
);
