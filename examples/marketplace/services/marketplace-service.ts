import { type Call, idsOf, notFound, ok, type Reply, type Service, sizeOf } from '../../service/service.ts';
import { loadData } from './data.ts';
import { callerIn, createService } from './service.ts';

interface Product {
  readonly sku: string;
  readonly title: string;
  readonly seller_id: number;
  readonly category_id: string;
  readonly is_digital: boolean;
  readonly [key: string]: unknown;
}
interface Seller {
  readonly id: number;
  readonly username: string;
  readonly display_name: string;
}
interface Category {
  readonly id: string;
  readonly name: string;
  readonly position: number;
}

/** Goods: `/api/products`, `/api/categories`. Products go by `sku` and carry category and seller with them. */
export function createMarketplaceService(): Service {
  const categories = loadData<Category>('categories');
  const sellers = loadData<Seller>('sellers');
  const products = loadData<Product>('products').map((product) => ({
    ...product,
    category: categories.find((category) => category.id === product.category_id),
    seller: sellers.find((seller) => seller.id === product.seller_id),
  }));

  const list = (call: Call): Reply => {
    const skus = idsOf(call, 'sku');
    if (skus !== undefined) return ok({ data: products.filter((product) => skus.includes(product.sku)) });
    const category = call.query.get('category');
    const search = call.query.get('q')?.toLowerCase();
    const found = products.filter(
      (product) =>
        (category === null || product.category_id === category) &&
        (search === undefined || product.title.toLowerCase().includes(search)),
    );
    return ok(enveloped(call, found));
  };
  // Not what one sells oneself, and digital goods first for whoever is signed in.
  const recommended = (call: Call): Reply => {
    const others = products.filter((product) => product.seller_id !== callerIn(call));
    const ranked = others.toSorted((a, b) => Number(b.is_digital) - Number(a.is_digital));
    return ok(enveloped(call, callerIn(call) === undefined ? others : ranked));
  };
  const show = (call: Call): Reply => {
    const product = products.find((candidate) => candidate.sku === call.params.sku);
    if (product === undefined) throw notFound('Product');
    return ok(product);
  };
  const listCategories = (call: Call): Reply => {
    const ids = idsOf(call, 'ids');
    return ok({ data: categories.filter((category) => ids === undefined || ids.includes(category.id)) });
  };
  const showCategory = (call: Call): Reply => {
    const category = categories.find((candidate) => candidate.id === call.params.id);
    if (category === undefined) throw notFound('Category');
    return ok(category);
  };

  return createService('marketplace-service', [
    ['GET', '/api/products/', list],
    ['GET', '/api/products/recommended/', recommended],
    ['GET', '/api/products/{sku}/', show],
    ['GET', '/api/categories/', listCategories],
    ['GET', '/api/categories/{id}/', showCategory],
  ]);
}

/** The envelope of this service's lists: `data`, and the page in `meta`. */
function enveloped<T>(call: Call, rows: readonly T[]) {
  const size = sizeOf(call, 'per_page', 20);
  const page = sizeOf(call, 'page', 1, 10_000);
  return {
    data: rows.slice((page - 1) * size, page * size),
    meta: { page, per_page: size, total: rows.length },
  };
}
