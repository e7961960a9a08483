import { faker } from '@faker-js/faker/locale/en'
import { getOrInsert } from '../../lib/maps.ts'
import type { DrawTable } from '../distribution.ts'
import { uuidOf } from '../identifiers.ts'
import type { Random } from '../random.ts'
import { zipfTable } from '../tables.ts'
import type { Words } from '../words.ts'

/** Who uses the shop. What is not an own field is drawn when it is first asked for: only what is shown may count. */
export interface User {
  readonly address: string
  readonly agent: string
  readonly id: string
  readonly session: string
  readonly email: string
}

export interface Item {
  readonly id: string
  readonly name: string
  /** In cents. */
  price?: number
}

const userCount = 20_000
const itemCount = 600
const agentCount = 48
const termCount = 400

interface Tables {
  users: DrawTable
  items: DrawTable
  agents: DrawTable
  terms: DrawTable
}

let tables: Tables | undefined

/** The people and things of one shop. Faker fills the tables when it is made; afterwards only the stream draws. */
export class Catalogue {
  readonly #random: Random
  readonly #words: Words
  readonly #users = new Map<number, User>()
  readonly #items: Item[]
  readonly #agents: string[]
  readonly #terms: string[]
  readonly #names: { first: string[]; last: string[] }
  readonly #tables: Tables

  constructor(seed: number, random: Random, words: Words) {
    this.#random = random
    this.#words = words
    faker.seed(seed % 2 ** 32)
    this.#items = distinct(itemCount, () => faker.commerce.productName()).map((name, i) => ({ id: skuOf(i), name }))
    this.#agents = distinct(agentCount, () => faker.internet.userAgent())
    this.#terms = distinct(termCount, () => `${faker.commerce.productAdjective()} ${faker.word.noun()}`.toLowerCase())
    this.#names = {
      first: distinct(300, () => faker.person.firstName().toLowerCase()),
      last: distinct(300, () => faker.person.lastName().toLowerCase()),
    }
    tables ??= {
      users: zipfTable(userCount, 20),
      items: zipfTable(itemCount, 5),
      agents: zipfTable(agentCount, 1),
      terms: zipfTable(termCount, 3),
    }
    this.#tables = tables
  }

  user(): User {
    const random = this.#random
    const rank = random.draw('user', this.#tables.users)
    return getOrInsert(this.#users, rank, () => {
      const octets = [20 + random.below('user', 180), ...Array.from({ length: 3 }, () => random.bits('user', 8))]
      const agent = this.#agents[random.draw('user', this.#tables.agents)]
      this.#words.add(agent)
      return this.#createUser(octets.join('.'), agent)
    })
  }

  #createUser(address: string, agent: string): User {
    const random = this.#random
    const { first, last } = this.#names
    const id = once(() => String(10_000_000 + random.below('user', 90_000_000)))
    const session = once(() => uuidOf(random, 'uuid'))
    const email = once(() => `${this.#pick(first)}.${this.#pick(last)}${random.below('user', 100)}@example.com`)
    return {
      address,
      agent,
      get id() {
        return id()
      },
      get session() {
        return session()
      },
      get email() {
        return email()
      },
    }
  }

  item(): Item {
    const item = this.#items[this.#random.draw('item', this.#tables.items)]
    this.#words.add(item.id)
    return item
  }

  /** In cents. */
  priceOf(item: Item): number {
    item.price ??= 100 * (4 + this.#random.below('item', 196)) + 99
    return item.price
  }

  searchTerm(): string {
    const term = this.#terms[this.#random.draw('item', this.#tables.terms)]
    this.#words.add(term)
    return term
  }

  #pick(names: readonly string[]): string {
    const name = names[this.#random.below('user', names.length)]
    this.#words.add(name)
    return name
  }
}

function once(draw: () => string): () => string {
  let drawn: string | undefined
  return () => {
    drawn ??= draw()
    return drawn
  }
}

function skuOf(index: number): string {
  return `SKU-${(index * 7919 + 104_729).toString(36).toUpperCase().padStart(6, '0')}`
}

/** So many that all differ: two that look alike would be one outcome. */
function distinct(count: number, draw: () => string): string[] {
  const found = new Set<string>()
  for (let tries = 0; found.size < count && tries < 50 * count; tries++) found.add(draw())
  return [...found]
}
