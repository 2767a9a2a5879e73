import { sheetFields } from './dataset.mjs';

/** The schema that every GraphQL contender serves, in plain SDL. */
export const typeDefs = /* GraphQL */ `
  type Query {
    greeting: String!
    posts: [Post!]
    orders: [Order!]
    sheet: Sheet
    catalogue: [Article!]
  }
  type Post { id: Int! userId: Int! title: String body: String user: User }
  type User { id: Int! name: String email: String username: String phone: String website: String }
  type Order { id: Int! quantity: Int productId: Int product: Product }
  type Product { id: Int! name: String supplierId: Int supplier: Supplier }
  type Supplier { id: Int! name: String cityId: Int city: City }
  type City { id: Int! name: String countryId: Int country: Country }
  type Country { id: Int! name: String population: Int }
  type Article { id: Int! sku: String name: String price: Float available: Boolean description: String tags: [String!] }
  type Sheet { ${sheetFields.map(({ name, type }) => `${name}: ${type}`).join(' ')} }
`;
