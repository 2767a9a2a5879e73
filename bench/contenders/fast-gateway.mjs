import gateway from 'fast-gateway';
import { port, upstream } from '../reference/environment.mjs';

gateway({ routes: [{ prefix: '', prefixRewrite: '', target: upstream }] }).start(port, '127.0.0.1');
