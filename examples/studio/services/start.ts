// Runs one service: `npx tsx examples/studio/services/start.ts agent_service --port 8001`.
import { runService } from '../../service/run-service.ts';
import { createAgentService } from './agent-service.ts';
import { createDataService } from './data-service.ts';
import { createMediaService } from './media-service.ts';

await runService(
  new Map([
    ['agent_service', createAgentService],
    ['media_service', createMediaService],
    ['data_service', createDataService],
  ]),
);
