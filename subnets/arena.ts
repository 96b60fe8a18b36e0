/**
 * Shopping agents: a miner studies what three kinds of shoppers bought and commits to an agent for each. Then new shoppers with new shops
 * and budgets are drawn, and every agent buys for them inside the sandbox. What would have been best is known only afterwards.
 */
import { type BeaconRandom, defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'

const kinds = ['student', 'traveller', 'gamer'] as const
/** What a product has, each 0 to 100: more is more of it. */
const traits = ['cheapness', 'quality', 'battery', 'lightness', 'speed'] as const
const productsInShop = 8
const purchasesShown = 40
const shoppers = 30

const product = z.object({ price: z.int(), traits: z.array(z.int()).length(traits.length) })
type Product = z.infer<typeof product>
const purchase = z.object({ budget: z.int(), shop: z.array(product), bought: z.int() })
const taste = z.array(z.int().min(-100).max(100)).length(traits.length)

export const arena = defineSubnet({
  name: 'arena',
  version: 1,
  tasks: 3,
  /** `tastes` make the purchases and judge the agents; a shop's own data would hold them. */
  task: z.object({
    tastes: z.array(taste).length(kinds.length),
    purchases: z.array(z.array(purchase)).length(kinds.length),
  }),
  /** An agent buys the affordable product with the highest sum of trait times weight. */
  response: z.object({ agents: z.array(taste).length(kinds.length) }),

  sample(random) {
    const tastes = kinds.map(() => traits.map(() => random.below(201) - 100))
    const purchases = tastes.map((own) =>
      Array.from({ length: purchasesShown }, () => {
        const { budget, shop } = openShop(random)
        return { budget, shop, bought: choose(own, budget, shop) }
      }),
    )
    return { tastes, purchases }
  },

  /** Learns from purchases: what was bought had more of what counts than what was left. */
  serve: ({ purchases }) => ({
    agents: purchases.map((seen) => {
      const sums = traits.map((_, trait) =>
        seen.reduce((sum, { shop, bought }) => {
          const mean = shop.reduce((all, item) => all + (item.traits[trait] ?? 0), 0) / shop.length
          return sum + (shop[bought]?.traits[trait] ?? mean) - mean
        }, 0),
      )
      const most = Math.max(1, ...sums.map((sum) => Math.abs(sum)))
      return sums.map((sum) => Math.trunc((sum * 100) / most))
    }),
  }),

  score({ tastes }, { agents }, { random }) {
    let sum = 0
    let best = 0
    for (let index = 0; index < shoppers; index++) {
      const kind = index % kinds.length
      const { budget, shop } = openShop(random)
      const own = tastes[kind] as readonly number[]
      const value = (at: number): number => worth(own, shop[at] as Product)
      const affordable = shop.flatMap((item, at) => (item.price <= budget ? [value(at)] : []))
      const [least, most] = [Math.min(...affordable), Math.max(...affordable)]
      if (most === least) continue
      const bought = choose(agents[kind] as readonly number[], budget, shop)
      if (value(bought) === most) best++
      sum += Math.floor(((value(bought) - least) * 1_000_000) / (most - least))
    }
    return {
      // Half of what there is to gain comes by chance and is worth nothing.
      scorePpm: Math.max(0, 2 * Math.floor(sum / shoppers) - 1_000_000),
      reasons: [`Bought the best for ${best} of ${shoppers} shoppers.`],
    }
  },

  weights: { powerHalves: 6 },
})

/** The first product is always affordable. */
function openShop(random: BeaconRandom): { readonly budget: number; readonly shop: Product[] } {
  const shop = Array.from({ length: productsInShop }, () => {
    const price = 20 + random.below(181)
    const others = traits.slice(1).map(() => random.below(101))
    return { price, traits: [100 - Math.floor(price / 2), ...others] }
  })
  return { budget: (shop[0] as Product).price + random.below(100), shop }
}

function choose(weights: readonly number[], budget: number, shop: readonly Product[]): number {
  return shop.reduce((best, item, at) => {
    const isBetter = worth(weights, item) > worth(weights, shop[best] as Product)
    return item.price <= budget && isBetter ? at : best
  }, 0)
}

function worth(weights: readonly number[], item: Product): number {
  return item.traits.reduce((sum, value, trait) => sum + value * (weights[trait] ?? 0), 0)
}
