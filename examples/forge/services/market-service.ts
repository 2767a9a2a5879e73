import {
  type Call,
  createService,
  idsOf,
  notFound,
  ok,
  type Reply,
  type Service,
} from '../../service/service.ts';

interface Quote {
  readonly symbol: string;
  readonly name: string;
  readonly last: number;
  readonly currency: string;
}

/** What things cost: `/api/v1/quotes`. */
export function createMarketService(): Service {
  const list = (call: Call): Reply => {
    const symbols = idsOf(call, 'symbol');
    return ok({
      items: symbols === undefined ? QUOTES : QUOTES.filter(({ symbol }) => symbols.includes(symbol)),
    });
  };

  const show = (call: Call): Reply => {
    const quote = QUOTES.find(({ symbol }) => symbol === call.params.symbol);
    if (quote === undefined) throw notFound('Quote');
    return ok(quote);
  };

  return createService('market-service', [
    ['GET', '/api/v1/quotes', list],
    ['GET', '/api/v1/quotes/{symbol}', show],
  ]);
}

const QUOTES: readonly Quote[] = [
  { symbol: 'HRBR', name: 'Harbour Works', last: 41.2, currency: 'EUR' },
  { symbol: 'MILL', name: 'Mill Collective', last: 12.75, currency: 'EUR' },
  { symbol: 'QUAY', name: 'Quay Press', last: 88.1, currency: 'EUR' },
];
