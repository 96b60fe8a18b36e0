/** A timekeeper of one home, for networks without the internet: whoever runs it could open weights early (specs/0018-timelock.md section 1). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Address } from '@koinon/base'
import { sendError, sendJson } from '@koinon/base/node'
import { requirePublished, type Timekeeper } from '../client/timekeeper.ts'
import {
  localRoundChain,
  ownRound,
  roundChainHash,
  roundChainToJson,
  roundPublicKey,
  roundSecretKey,
  roundToJson,
  type VerifiedRound,
} from '../rules/timelock/index.ts'

export type LocalTimekeeperOptions = {
  /** 32 secret bytes that the home keeps, for example the key of an account of its own. */
  readonly seed: Uint8Array
  readonly chainId: number
  readonly epochsContract: Address
  readonly genesisSeconds: number
  readonly periodSeconds: number
  /** Time of the ledger. */
  readonly nowSeconds: () => Promise<number>
}

/** Strangers ask for the newest rounds again and again; signing one takes milliseconds. */
const keptRounds = 64

/** Signs rounds from the moment they are due, never before. */
export function createLocalTimekeeper({ seed, nowSeconds, ...local }: LocalTimekeeperOptions): Timekeeper {
  const secretKey = roundSecretKey(seed)
  const chain = localRoundChain({ ...local, publicKey: roundPublicKey(secretKey) })
  const rounds = new Map<number, VerifiedRound>()
  return {
    chain,
    nowSeconds,
    async round(round) {
      const known = rounds.get(round)
      if (known !== undefined) return known
      requirePublished(chain, round, await nowSeconds())
      const signed = ownRound(chain, secretKey, round)
      if (rounds.size >= keptRounds) rounds.delete(rounds.keys().next().value as number)
      rounds.set(round, signed)
      return signed
    },
  }
}

/** Answers `GET /{chain hash}/info` and `/{chain hash}/public/{round}` as drand's relays do; false when the request is for something else. */
export function createTimekeeperHandler(
  source: Timekeeper,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const prefix = `/${roundChainHash(source.chain).slice(2)}/`
  return async (request, response) => {
    if (request.method !== 'GET' || !request.url?.startsWith(prefix)) return false
    const path = request.url.slice(prefix.length)
    const round = /^public\/([1-9]\d{0,14})$/.exec(path)?.[1]
    if (path !== 'info' && round === undefined) return false
    try {
      if (round === undefined) sendJson(response, 200, roundChainToJson(source.chain))
      else sendJson(response, 200, roundToJson(await source.round(Number(round))))
    } catch (error) {
      sendError(response, error, 425)
    }
    return true
  }
}
