/** Paying users with ordinary questions, through the gateway. */
import type { Address } from '@koinon/base'
import { askGateway } from '@koinon/inference/client'
import type { Gateway } from './gateway.ts'
import type { LedgerWorld } from './ledger-world.ts'

export type Users = {
  readonly asked: number
  stop(): Promise<void>
}

const subjects = ['trains', 'a harbour', 'onions', 'the sea', 'clocks', 'paper', 'a winter coat', 'bells']

/** Asks one question every `everyMs`, every second one of `favourites` in turn, the others of any miner. Failed questions are lost, as in life. */
export async function startUsers(options: {
  readonly world: LedgerWorld
  readonly gateway: Gateway
  readonly everyMs: number
  readonly favourites: readonly Address[]
}): Promise<Users> {
  const { world, gateway, everyMs, favourites } = options
  const payer = await world.member('user', { dollar: 100_000_000n })
  const apiKey = await gateway.issueKey(payer, 50_000_000n)
  const running = new Set<Promise<unknown>>()
  let asked = 0
  const timer = setInterval(() => {
    asked += 1
    const subject = subjects[asked % subjects.length]
    const body = {
      messages: [{ role: 'user', content: `What about ${subject}, number ${asked}?` }],
      max_tokens: 8 + (asked % 24),
      temperature: (asked % 5) / 4,
      seed: asked,
    }
    const favourite = asked % 2 === 0 ? favourites[(asked / 2) % favourites.length] : undefined
    const provider = favourite === undefined ? {} : { provider: favourite }
    const one = askGateway({ baseUrl: `${gateway.url}/v1`, apiKey, body, ...provider })
      .catch(() => undefined)
      .finally(() => running.delete(one))
    running.add(one)
  }, everyMs)
  return {
    get asked() {
      return asked
    },
    async stop() {
      clearInterval(timer)
      await Promise.all(running)
    },
  }
}
