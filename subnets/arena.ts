/**
 * Shopping agents: a miner sees what earlier shoppers liked and commits to an agent that gets to know a shopper by a few purchases. Then
 * new shoppers are drawn, with tastes, purchases, shops and budgets that nobody could know, and every agent buys for them inside the
 * sandbox. The question holds no key: it is about people who are not born yet.
 */
import { type BeaconRandom, defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

/** What a product has, each 0 to 100: more is more of it. */
const traits = ['cheapness', 'quality', 'battery', 'lightness', 'speed'] as const
const productsInShop = 8
/** Shoppers whose tastes are told. */
const earlier = 40
const purchasesSeen = 5
const shoppers = 30

const taste = z.array(z.int().min(-100).max(100)).length(traits.length)
type Taste = readonly number[]
type Product = { readonly price: number; readonly traits: Taste }

export const arena = defineSubnet({
  name: 'arena',
  version: 2,
  tasks: 3,
  task: z.object({ tastes: z.array(taste).length(earlier) }),
  /**
   * What one trait of the products that a shopper took says about each trait it wants: a row for what it wants, a column for what was seen.
   * Ones on the diagonal take every purchase at its word; the rest is what a miner knows about people.
   */
  response: z.object({ agent: z.array(taste).length(traits.length) }),

  /** People resemble two characters, some more the one, some more the other. */
  sample(random) {
    const character = (): Taste => traits.map(() => random.below(201) - 100)
    const [one, other] = [character(), character()]
    return { tastes: Array.from({ length: earlier }, () => between(random, one, other)) }
  },

  /** Traits that went together in earlier tastes go together in the next one. */
  serve({ tastes }) {
    const together = traits.map((_, row) =>
      traits.map((__, column) => tastes.reduce((sum, own) => sum + (own[row] ?? 0) * (own[column] ?? 0), 0)),
    )
    const most = Math.max(1, ...together.flat().map((value) => Math.abs(value)))
    return { agent: together.map((row) => row.map((value) => Math.trunc((value * 100) / most))) }
  },

  score({ tastes }, { agent }, { random }) {
    let sum = 0
    let best = 0
    for (let index = 0; index < shoppers; index++) {
      const [one, other] = random.sample(earlier, 2).map((at) => tastes[at]) as [Taste, Taste]
      const own = between(random, one, other)
      const seen = traits.map(() => 0)
      for (let purchase = 0; purchase < purchasesSeen; purchase++) {
        const { budget, shop } = openShop(random)
        const bought = shop[choose(own, budget, shop)] as Product
        for (const trait of seen.keys()) seen[trait] = (seen[trait] ?? 0) + (bought.traits[trait] ?? 0) - 50
      }
      const believed = agent.map((row) => worth(row, seen))
      const { budget, shop } = openShop(random)
      const values = shop.map((item) => worth(own, item.traits))
      const affordable = values.filter((_, at) => (shop[at] as Product).price <= budget)
      const [least, most] = [Math.min(...affordable), Math.max(...affordable)]
      const value = values[choose(believed, budget, shop)] as number
      if (value === most) best++
      sum += most === least ? 1_000_000 : Math.floor(((value - least) * 1_000_000) / (most - least))
    }
    return {
      // Half of what there is to gain comes by chance and is worth nothing.
      scorePpm: Math.max(0, 2 * Math.floor(sum / shoppers) - 1_000_000),
      reasons: [`Bought the best for ${best} of ${shoppers} shoppers.`],
    }
  },

  weights: { powerHalves: 8 },
})

/** Somewhere between two tastes, and a little apart. */
function between(random: BeaconRandom, one: Taste, other: Taste): Taste {
  const share = random.below(101)
  return one.map((value, trait) => {
    const mixed = Math.trunc((value * share + (other[trait] ?? 0) * (100 - share)) / 100)
    return Math.max(-100, Math.min(100, mixed + random.below(21) - 10))
  })
}

/** The first product is always affordable. */
function openShop(random: BeaconRandom): { readonly budget: number; readonly shop: readonly Product[] } {
  const shop = Array.from({ length: productsInShop }, () => {
    const price = 20 + random.below(181)
    const others = traits.slice(1).map(() => random.below(101))
    return { price, traits: [100 - Math.floor(price / 2), ...others] }
  })
  return { budget: (shop[0] as Product).price + random.below(100), shop }
}

function choose(weights: Taste, budget: number, shop: readonly Product[]): number {
  return shop.reduce((best, item, at) => {
    const isBetter = worth(weights, item.traits) > worth(weights, (shop[best] as Product).traits)
    return item.price <= budget && isBetter ? at : best
  }, 0)
}

function worth(weights: Taste, amounts: Taste): number {
  return weights.reduce((sum, weight, trait) => sum + weight * (amounts[trait] ?? 0), 0)
}
