// Runs the service: `npx tsx examples/organizations/services/start.ts auth-service --port 8001`.
import { runService } from '../../service/run-service.ts';
import { createAuthService } from './auth-service.ts';

await runService(new Map([['auth-service', createAuthService]]));
