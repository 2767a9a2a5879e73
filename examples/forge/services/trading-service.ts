import {
  type Call,
  callerOf,
  created,
  createService,
  notFound,
  numberOf,
  ok,
  type Reply,
  type Service,
  textOf,
} from '../../service/service.ts';

interface Strategy {
  readonly id: string;
  readonly name: string;
  readonly symbols: readonly string[];
  readonly formula: string;
}

interface Order {
  readonly id: string;
  readonly placed_by: string;
  readonly symbol: string;
  readonly side: string;
  readonly quantity: number;
}

/** What the desk does: `/api/v1/strategies` and `/api/v1/orders`. Who may do it is for the gateway to see to. */
export function createTradingService(): Service {
  const strategies = [...STRATEGIES];
  const orders: Order[] = [];

  const addStrategy = (call: Call): Reply => {
    const strategy: Strategy = {
      id: `strategy-${strategies.length + 1}`,
      name: textOf(call, 'name'),
      symbols: [],
      formula: textOf(call, 'formula'),
    };
    strategies.push(strategy);
    return created(strategy);
  };

  const placeOrder = (call: Call): Reply => {
    const order: Order = {
      id: `order-${orders.length + 1}`,
      placed_by: callerOf(call),
      symbol: textOf(call, 'symbol'),
      side: textOf(call, 'side'),
      quantity: numberOf(call, 'quantity'),
    };
    orders.push(order);
    return created(order);
  };

  const own = (call: Call) => orders.filter(({ placed_by }) => placed_by === callerOf(call));

  return createService('trading-service', [
    ['GET', '/api/v1/strategies', () => ok({ items: strategies })],
    ['GET', '/api/v1/strategies/{id}', (call) => ok(find(strategies, call, 'Strategy'))],
    ['POST', '/api/v1/strategies', addStrategy],
    ['GET', '/api/v1/orders', (call) => ok({ items: own(call) })],
    ['GET', '/api/v1/orders/{id}', (call) => ok(find(own(call), call, 'Order'))],
    ['POST', '/api/v1/orders', placeOrder],
  ]);
}

function find<T extends { readonly id: string }>(all: readonly T[], call: Call, what: string): T {
  const found = all.find(({ id }) => id === call.params.id);
  if (found === undefined) throw notFound(what);
  return found;
}

const STRATEGIES: readonly Strategy[] = [
  { id: 'strategy-1', name: 'Tides', symbols: ['HRBR', 'QUAY'], formula: 'mean(20) - last' },
  { id: 'strategy-2', name: 'Millstone', symbols: ['MILL'], formula: 'last / mean(200)' },
];
