/**
 * Data scraping by credibility: rows that are true, new and not also sent by others are worth something; a miner's credibility is the
 * moving average of that (0.15 an epoch), and weights grow with its power 2.5, so that a reputation takes long to build.
 *
 * The site here is made from a seed, so that the file runs anywhere. A score cannot fetch: for a real site let the question carry what
 * validators fetched, or judge rows by what independent miners agree on.
 */
import { defineSubnet, sha256Hex } from '@koinon/subnets/file'
import { z } from 'zod'

const pagesOfSite = 2_000
const mostRows = 40
/** Rows that are compared with the site, chosen when it is too late to mend them. */
const comparedRows = 10

const row = z.object({
  page: z
    .int()
    .min(0)
    .max(pagesOfSite - 1),
  author: z.string().max(40),
  text: z.string().max(80),
})
type Row = z.infer<typeof row>

export const scraping = defineSubnet({
  name: 'scraping',
  version: 1,
  tasks: 4,
  task: z.object({ site: z.string() }),
  response: z.object({ rows: z.array(row).max(mostRows) }),

  sample: (random) => ({ site: random.nextUint64().toString(16) }),

  serve: ({ site }, { random }) => ({
    rows: random.sample(pagesOfSite, mostRows).map((page) => pageOf(site, page)),
  }),

  score({ site }, { rows }, { random, peers }) {
    const unique = [...new Map(rows.map((item) => [item.page, item])).values()]
    if (unique.length === 0) return { scorePpm: 0, reasons: ['No rows.'] }
    const compared = random.sample(unique.length, comparedRows).map((index) => unique[index] as Row)
    const held = compared.filter((item) => isSame(item, pageOf(site, item.page))).length
    const owners = countOwners(peers.map(({ response }) => response.rows))
    // A row that two have is worth half to each: whoever copies rows thins out what both earn.
    const worthPpm = unique.reduce((sum, { page }) => sum + Math.floor(1_000_000 / (1 + (owners.get(page) ?? 0))), 0)
    const scorePpm = Math.floor((Math.floor(worthPpm / mostRows) * held) / compared.length)
    const repeated = rows.length - unique.length
    const shared = unique.filter(({ page }) => owners.has(page)).length
    return {
      scorePpm,
      reasons: [
        `${held} of ${compared.length} rows are on the site; ${repeated} repeated, ${shared} sent by others too.`,
      ],
    }
  },

  aggregate: { ewmaPpm: 150_000 },
  weights: { powerHalves: 5 },
})

/** Reads a page of the site. */
function pageOf(site: string, page: number): Row {
  const content = sha256Hex(`${site} ${page}`)
  return { page, author: `user-${content.slice(2, 8)}`, text: `post ${content.slice(8, 40)}` }
}

function isSame(one: Row, other: Row): boolean {
  return one.author === other.author && one.text === other.text
}

/** How many of these miners sent a page; each counts once. */
function countOwners(all: readonly (readonly Row[])[]): ReadonlyMap<number, number> {
  const owners = new Map<number, number>()
  for (const rows of all) {
    for (const page of new Set(rows.map((item) => item.page))) owners.set(page, (owners.get(page) ?? 0) + 1)
  }
  return owners
}
