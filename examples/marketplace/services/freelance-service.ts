import {
  type Call,
  created,
  idsOf,
  notFound,
  numberOf,
  ok,
  type Reply,
  type Service,
  ServiceError,
  sizeOf,
  textOf,
} from '../../service/service.ts';
import { loadData } from './data.ts';
import { callerOf, createService } from './service.ts';

interface Gig {
  readonly id: number;
  readonly title: string;
  readonly seller_id: number;
  readonly category_id: string;
  readonly price_cents: number;
  readonly currency: string;
  readonly is_featured: boolean;
  readonly [key: string]: unknown;
}
interface Seller {
  readonly id: number;
  readonly username: string;
  readonly display_name: string;
}
interface Order {
  readonly id: number;
  readonly gig_id: number;
  readonly buyer_id: number;
  readonly seller_id: number;
  readonly status: string;
  readonly price_cents: number;
  readonly currency: string;
  readonly requirements: string;
  readonly created_at: string;
}
interface Review {
  readonly id: number;
  readonly gig_id: number;
  readonly order_id: number | null;
  readonly author_id: number;
  readonly rating: number;
  readonly text: string;
  readonly created_at: string;
}
interface Proposal {
  readonly client_id: number;
  readonly freelancer_id: number;
  readonly [key: string]: unknown;
}

/** Work for hire: `/api/gigs`, `/api/orders`, `/api/reviews`, `/api/proposals`. Ids are numbers. */
export function createFreelanceService(): Service {
  const gigs = loadData<Gig>('gigs');
  const find = (id: number): Gig => {
    const gig = gigs.find((candidate) => candidate.id === id);
    if (gig === undefined) throw notFound('Gig');
    return gig;
  };
  const orders = createOrders(loadData<Order>('orders'), find);
  const reviews = createReviews(loadData<Review>('reviews'), find, (id) => gigs.some((gig) => gig.id === id));
  // Its own copy of what a list shows of a seller; the rest is the user service's.
  const sellers = loadData<Seller>('sellers');
  const shown = (gig: Gig) => ({
    ...gig,
    ...reviews.summary(gig.id),
    seller: sellers.find((seller) => seller.id === gig.seller_id),
  });
  const proposals = loadData<Proposal>('proposals');

  const list = (call: Call): Reply => {
    const ids = idsOf(call, 'id');
    if (ids !== undefined) {
      const wanted = new Set(ids.map(Number));
      return ok({ results: gigs.filter((gig) => wanted.has(gig.id)).map(shown) });
    }
    return ok(paged(call, gigs.filter(gigFilter(call)).map(shown)));
  };
  const bySeller = (call: Call): Reply => {
    const groups = (idsOf(call, 'seller_id') ?? []).map((id) => ({
      seller_id: Number(id),
      gigs: gigs.filter((gig) => gig.seller_id === Number(id)).map(shown),
    }));
    return ok({ results: groups });
  };
  const ownProposals = (call: Call): Reply => {
    const caller = callerOf(call);
    const own = proposals.filter((item) => item.client_id === caller || item.freelancer_id === caller);
    return ok(paged(call, own));
  };

  return createService('freelance-service', [
    ['GET', '/api/gigs/', list],
    ['GET', '/api/gigs/by-seller/', bySeller],
    ['GET', '/api/gigs/{id}/', (call) => ok(shown(find(Number(call.params.id))))],
    ['GET', '/api/orders/', orders.list],
    ['POST', '/api/orders/', orders.create],
    ['GET', '/api/orders/stats/', orders.stats],
    ['GET', '/api/orders/{id}/', orders.show],
    ['GET', '/api/reviews/', reviews.list],
    ['GET', '/api/reviews/by-gig/', reviews.byGig],
    ['POST', '/api/reviews/', reviews.create],
    ['GET', '/api/proposals/', ownProposals],
  ]);
}

function gigFilter(call: Call): (gig: Gig) => boolean {
  const category = call.query.get('category');
  const seller = call.query.get('seller_id');
  const search = call.query.get('search')?.toLowerCase();
  const featured = call.query.get('featured') === 'true';
  return (gig) =>
    (category === null || gig.category_id === category) &&
    (seller === null || gig.seller_id === Number(seller)) &&
    (search === undefined || gig.title.toLowerCase().includes(search)) &&
    (!featured || gig.is_featured);
}

function createOrders(orders: Order[], findGig: (id: number) => Gig) {
  const isParty = (order: Order, caller: number) => order.buyer_id === caller || order.seller_id === caller;

  return {
    list(call: Call): Reply {
      const caller = callerOf(call);
      const own = orders.filter((order) => isParty(order, caller));
      return ok(paged(call, own.toReversed()));
    },
    show(call: Call): Reply {
      const caller = callerOf(call);
      const order = orders.find((item) => item.id === Number(call.params.id));
      // Someone else's order looks like none at all.
      if (order === undefined || !isParty(order, caller)) throw notFound('Order');
      return ok(order);
    },
    create(call: Call): Reply {
      const buyer = callerOf(call);
      const gig = findGig(numberOf(call, 'gig_id'));
      if (gig.seller_id === buyer) {
        throw new ServiceError(409, 'own_gig', 'You cannot order your own gig');
      }
      const order: Order = {
        id: Math.max(...orders.map((item) => item.id)) + 1,
        gig_id: gig.id,
        buyer_id: buyer,
        seller_id: gig.seller_id,
        status: 'pending',
        price_cents: gig.price_cents,
        currency: gig.currency,
        requirements: textOf(call, 'requirements'),
        created_at: new Date().toISOString(),
      };
      orders.push(order);
      return created(order);
    },
    stats(): Reply {
      const open = orders.filter((order) => order.status !== 'completed').length;
      const revenue = orders.reduce((sum, order) => sum + order.price_cents, 0);
      return ok({ order_count: orders.length, open_count: open, revenue_cents: revenue, currency: 'EUR' });
    },
  };
}

function createReviews(reviews: Review[], findGig: (id: number) => Gig, isGig: (id: number) => boolean) {
  return {
    summary(gig: number) {
      const ratings = reviews.filter((review) => review.gig_id === gig).map((review) => review.rating);
      const mean = ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length;
      return {
        rating: ratings.length === 0 ? null : Math.round(mean * 10) / 10,
        review_count: ratings.length,
      };
    },
    list(call: Call): Reply {
      const gig = call.query.get('gig_id');
      return ok(
        paged(
          call,
          reviews.filter((review) => gig === null || review.gig_id === Number(gig)),
        ),
      );
    },
    byGig(call: Call): Reply {
      const ids = (idsOf(call, 'gig_id') ?? []).map(Number);
      const groups = ids
        .filter(isGig)
        .map((id) => ({ gig_id: id, reviews: reviews.filter((review) => review.gig_id === id) }));
      return ok({ results: groups });
    },
    create(call: Call): Reply {
      const author = callerOf(call);
      const gig = findGig(numberOf(call, 'gig_id'));
      const rating = numberOf(call, 'rating');
      if (rating > 5) throw new ServiceError(400, 'invalid', 'rating goes from 1 to 5');
      const review: Review = {
        id: Math.max(...reviews.map((item) => item.id)) + 1,
        gig_id: gig.id,
        order_id: null,
        author_id: author,
        rating,
        text: textOf(call, 'text'),
        created_at: new Date().toISOString(),
      };
      reviews.push(review);
      return created(review);
    },
  };
}

/** The envelope of this service's lists: page numbers, and links to the neighbours. */
function paged<T>(call: Call, rows: readonly T[]) {
  const size = sizeOf(call, 'page_size', 20);
  const page = sizeOf(call, 'page', 1, 10_000);
  const link = (to: number) => `?page=${to}&page_size=${size}`;
  return {
    count: rows.length,
    next: page * size < rows.length ? link(page + 1) : null,
    previous: page > 1 ? link(page - 1) : null,
    results: rows.slice((page - 1) * size, page * size),
  };
}
