import { type Address, bytesToHex, type Hex, recoverAddress } from '@koinon/base'
import { type ResultDomain, resultDigest, resultFromJson } from '../rules/index.ts'
import { ledgerSignature } from '../rules/twofold.ts'
import type { AttestationPort } from './ports.ts'
import { asSignature } from './result-step.ts'
import type { ValidatorStore } from './validator-store.ts'

/** What was written before need not be written at every answer; beyond so many it is asked of the disk again. */
const mostRemembered = 4_096

/**
 * Keeps every signed result that a validator gives out under its own name, before anything is done with it (specs/0015-disputes.md section
 * 8): who shows one result to some and another to others leaves a trace on somebody's disk.
 */
export class Witness {
  readonly #domain: ResultDomain
  readonly #store: Pick<ValidatorStore, 'saveSignedResult'>
  readonly #kept = new Set<string>()

  constructor(domain: ResultDomain, store: Pick<ValidatorStore, 'saveSignedResult'>) {
    this.#domain = domain
    this.#store = store
  }

  /** The same port; an answer is on disk when it resolves. */
  watch(port: AttestationPort): AttestationPort {
    return async (peer, netuid, epoch, signal) => {
      const json = await port(peer, netuid, epoch, signal)
      await this.#keep(peer.hotkey, netuid, epoch, json)
      return json
    }
  }

  async #keep(hotkey: Address, netuid: number, epoch: number, json: unknown): Promise<void> {
    const found = this.#read(hotkey, netuid, epoch, json)
    if (found === undefined) return
    const key = `${epoch}/${hotkey}/${found.resultHash}`
    if (this.#kept.has(key)) return
    await this.#store.saveSignedResult(hotkey, found.resultHash, found)
    if (this.#kept.size >= mostRemembered) this.#kept.clear()
    this.#kept.add(key)
  }

  /** Undefined for what is no result of this epoch, or not signed by whoever gave it. */
  #read(hotkey: Address, netuid: number, epoch: number, json: unknown) {
    const { result: given, signature: text } = (json ?? {}) as {
      readonly result?: unknown
      readonly signature?: unknown
    }
    const signature = asSignature(text)
    if (given === undefined || signature === undefined) return undefined
    try {
      const result = resultFromJson(given)
      const digest = resultDigest(this.#domain, result)
      if (result.netuid !== netuid || result.epoch !== epoch || recoverAddress(digest, signature) !== hotkey)
        return undefined
      const resultHash: Hex = bytesToHex(digest)
      return { result, signature: ledgerSignature(signature), resultHash }
    } catch {
      return undefined
    }
  }
}
