/** The memory of the fake network: parties, keys, receipts. Everything here is invented except the signatures. */

import type { IncomingMessage } from 'node:http'
import { type Address, bytesToHex, type Hex, KoinonError, sha256Hex, systemRandom, utf8ToBytes } from '@koinon/base'
import { bundleToJson, type ReceiptBundle } from '@koinon/work'
import type { AuditJson, KeyJson, PaymentJson, ReceiptSummaryJson } from '@koinon/work/dashboard'
import { type FakeActor, makeActor, seedBytes } from './fake-actors.ts'
import { replyTo, tokensOf } from './fake-answers.ts'
import { type FakeAnswer, signFakeAnswer } from './fake-receipts.ts'

type Mutable<value> = { -readonly [name in keyof value]: value[name] }
type FakeKey = Mutable<KeyJson>

/** A receipt with the bytes that a provider would keep as evidence. */
export type FakeRecord = {
  readonly summary: ReceiptSummaryJson
  readonly bundle: ReturnType<typeof bundleToJson>
  readonly requestBytes: Uint8Array
  readonly responseBytes: Uint8Array
}

/** All state of one fake network. */
export class FakeState {
  readonly modelId = 'koinon-guide-135m'
  readonly localToken = bytesToHex(systemRandom(16)).slice(2)
  readonly startedAtMs: number
  readonly nowMs: () => number
  readonly gateway: FakeActor
  readonly miners: readonly FakeActor[]
  readonly validators: readonly FakeActor[]
  readonly account: Address
  readonly firstKey = `sk-koinon-${Buffer.from(seedBytes('first key')).toString('base64url')}`
  readonly keys: FakeKey[] = []
  readonly payments: PaymentJson[] = []
  readonly records: FakeRecord[] = []
  readonly balances = { eth: 9_990_000_000_000_000_000n, koin: 125_500_000_000_000_000_000n, dollar: 40_000_000n }
  #pageCode = bytesToHex(systemRandom(16)).slice(2)
  readonly #secrets = new Map<string, FakeKey>()
  #turn = 0

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
    this.startedAtMs = nowMs()
    const actor = (name: string): FakeActor => makeActor(name, this.startedAtMs)
    this.gateway = actor('gateway')
    this.miners = ['miner-attica', 'miner-boeotia', 'miner-corinth'].map(actor)
    this.validators = ['validator-delphi', 'validator-delos', 'validator-dodona'].map(actor)
    this.account = actor('you').account
    this.addKey('this browser', 5_000_000n, this.firstKey, this.startedAtMs - 3 * 86_400_000)
    this.#addHistory()
  }

  /** The page's address with the code that holds now. */
  pageLink(url: string): string {
    return `${url}/#/open/${this.#pageCode}`
  }

  /** The local token for a code, which is used up. */
  redeem({ code }: { readonly code?: unknown }): string {
    if (code !== this.#pageCode) throw new KoinonError({ code: 'http/refused', message: 'This link was used already' })
    this.#pageCode = bytesToHex(systemRandom(16)).slice(2)
    return this.localToken
  }

  /** Current block: one every two seconds. */
  block(): number {
    return 48_100 + Math.floor((this.nowMs() - this.startedAtMs) / 2000)
  }

  keyOf(request: IncomingMessage): FakeKey | undefined {
    const secret = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    const key = secret === undefined ? undefined : this.#secrets.get(secret)
    return key?.revokedAtMs === undefined ? key : undefined
  }

  addKey(label: string, depositAtomic: bigint, apiKey: string, createdAtMs: number): FakeKey {
    const keyHash = sha256Hex(utf8ToBytes(apiKey))
    const key: FakeKey = {
      keyHash,
      label,
      createdAtMs,
      channelId: sha256Hex(`channel ${keyHash}`),
      depositAtomic: depositAtomic.toString(),
      owedPicoUsd: '0',
      spentTodayPicoUsd: '0',
    }
    this.keys.unshift(key)
    this.#secrets.set(apiKey, key)
    this.pay('deposit', depositAtomic, 'dollar', createdAtMs)
    return key
  }

  pay(kind: string, amountAtomic: bigint, asset: string, atMs: number): void {
    this.payments.unshift({
      id: bytesToHex(systemRandom(8)).slice(2),
      kind,
      amountAtomic: amountAtomic.toString(),
      asset,
      transactionHash: bytesToHex(systemRandom(32)),
      atMs,
    })
  }

  pickMiner(): FakeActor {
    this.#turn += 1
    return this.miners[this.#turn % 2] as FakeActor
  }

  remember(
    answer: FakeAnswer,
    bundle: ReceiptBundle,
    key: FakeKey | undefined,
    checkedBy: ReceiptSummaryJson['checkedBy'] = [],
  ): void {
    const own = bundle.hops[0]?.receipt
    const worker = bundle.hops.at(-1)?.receipt
    if (own === undefined || worker === undefined) return
    if (key !== undefined) {
      key.owedPicoUsd = own.cumulativePicoUsd.toString()
      key.spentTodayPicoUsd = (BigInt(key.spentTodayPicoUsd) + own.amountPicoUsd).toString()
    }
    this.records.unshift({
      bundle: bundleToJson(bundle),
      requestBytes: answer.requestBytes,
      responseBytes: answer.responseBytes,
      summary: {
        id: answer.requestId.slice(2),
        atMs: answer.endedAtMs,
        model: answer.model,
        provider: worker.payee,
        promptTokens: answer.promptTokens,
        outputTokens: answer.outputTokens,
        amountPicoUsd: own.amountPicoUsd.toString(),
        firstByteMs: answer.firstByteAtMs - answer.receivedAtMs,
        totalMs: answer.endedAtMs - answer.receivedAtMs,
        state: 'final',
        checkedBy,
      },
    })
  }

  #addHistory(): void {
    const questions = [
      'What is a subnet?',
      'How do I earn with my GPU?',
      'How is a receipt checked?',
      'What does it cost?',
    ]
    for (let index = 0; index < 7; index++) {
      const question = questions[index % questions.length] as string
      const endedAtMs = this.startedAtMs - (7 - index) * 3_600_000
      const reply = replyTo(question)
      const key = this.keys[0]
      const answer: FakeAnswer = {
        requestId: `0x${bytesToHex(seedBytes(`request ${index}`)).slice(2, 34)}` as Hex,
        payer: this.account,
        model: this.modelId,
        requestBytes: utf8ToBytes(
          JSON.stringify({ model: 'default', messages: [{ role: 'user', content: question }] }),
        ),
        responseBytes: utf8ToBytes(
          JSON.stringify({ choices: [{ message: { role: 'assistant', content: reply.text } }] }),
        ),
        promptTokens: 18 + index,
        outputTokens: tokensOf(reply.text).length,
        receivedAtMs: endedAtMs - 2300 - 40 * index,
        firstByteAtMs: endedAtMs - 2100,
        endedAtMs,
        cumulativePicoUsd: BigInt(key?.owedPicoUsd ?? '0'),
      }
      const checkedBy: readonly AuditJson[] =
        index % 3 === 0 ? [{ validatorUid: 3, epoch: 30 + index, state: 'pass' }] : []
      this.remember(answer, signFakeAnswer(answer, this.gateway, this.pickMiner()), key, checkedBy)
    }
  }
}
