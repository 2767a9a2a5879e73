import { readFileSync } from 'node:fs';

const readJson = (name) => JSON.parse(readFileSync(new URL(`./data/${name}`, import.meta.url), 'utf8'));

/** 100 posts and the 10 users who wrote them, as jsonplaceholder answers them. */
export const posts = readJson('posts.json');
export const users = readJson('users.json');

const many = (count, make) => Array.from({ length: count }, (_, index) => make(index + 1));

/** The chain of the deep query: each thing names the next by its id. */
export const countries = many(3, (id) => ({ id, name: `Country ${id}`, population: id * 1_000_000 }));
export const cities = many(5, (id) => ({
  id,
  name: `City ${id}`,
  countryId: 1 + (id % 3),
  mayor: 'unknown',
}));
export const suppliers = many(6, (id) => ({
  id,
  name: `Supplier ${id}`,
  cityId: 1 + (id % 5),
  since: 1990 + id,
}));
export const products = many(10, (id) => ({
  id,
  name: `Product ${id}`,
  supplierId: 1 + (id % 6),
  stock: id * 7,
}));
export const orders = many(20, (id) => ({
  id,
  quantity: 1 + (id % 4),
  productId: 1 + (id % 10),
  note: `Order ${id}`,
}));

const sheetValues = [
  (id) => id * 31,
  (id) => `value "${id}" of the sheet`,
  (id) => id + 0.25,
  (id) => id % 2 === 0,
  (id) => (id % 10 === 4 ? null : `ünit ${id}`),
];
const sheetTypes = ['Int', 'String', 'Float', 'Boolean', 'String'];

/** Names and GraphQL types of the wide object's fields. */
export const sheetFields = many(200, (id) => ({ name: `field${id}`, type: sheetTypes[id % 5] }));

/** One flat object of 200 values of every scalar kind, some of them null. */
export const sheet = Object.fromEntries(many(200, (id) => [`field${id}`, sheetValues[id % 5](id)]));

/** A list that weighs 1 MB as JSON. */
export const catalogue = many(3200, (id) => ({
  id,
  sku: `SKU-${String(id).padStart(8, '0')}`,
  name: `Article number ${id}, with a name of some length`,
  price: id + 0.5,
  available: id % 3 !== 0,
  description: `${'A text that says what this article is good for. '.repeat(3)}No. ${id}`,
  tags: ['new', `shelf-${id % 40}`, `row-${id % 7}`],
}));

/** The answer of the constant field. */
export const greeting = 'Hello World!';
