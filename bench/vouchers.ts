/**
 * What a paid answer costs the payee beyond the work itself: reserve, finalise (receipt, voucher, durable commit) at several
 * concurrencies, and single signatures. CPU time and not wall time, so a busy host changes it little. One JSON line.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, bytesToHex, type Hex, sha256, systemClock, systemRandom, utf8ToBytes } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import {
  ChannelBook,
  type ChannelState,
  createVoucherSigner,
  type FinalAnswer,
  loadNativeSecp256k1,
  localDelegatingAccount,
  nobleSecp256k1,
  openSession,
  paymentsSchema,
  ReceiptLedger,
  type Secp256k1Engine,
  secp256k1Engine,
  verifyVoucher,
} from '@koinon/payments/core'
import { unlimitedCreditPicoUsd } from '@koinon/payments/rules'

const domain = { chainId: 424_242, escrow: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003' } as const
const secretOf = (name: string) => sha256(utf8ToBytes(name))
const payee = localDelegatingAccount(secretOf('payee'))
const payerKey = secretOf('payer')

function signatureCosts(engine: Secp256k1Engine) {
  const signer = createVoucherSigner(payerKey, domain, engine)
  const channelId: Hex = `0x${'11'.repeat(32)}`
  const rounds = engine.name === 'native' ? 4_000 : 300
  const vouchers = Array.from({ length: rounds }, (_, index) => ({ channelId, maxClaimableAtomic: BigInt(index) }))
  vouchers.slice(0, 50).map((voucher) => verifyVoucher(signer.sign(voucher), signer.address, domain, engine))
  const begun = process.threadCpuUsage()
  const signed = vouchers.map((voucher) => signer.sign(voucher))
  const middle = process.threadCpuUsage()
  const areValid = signed.every((voucher) => verifyVoucher(voucher, signer.address, domain, engine))
  const ended = process.threadCpuUsage()
  if (!areValid) throw new Error('a voucher did not verify')
  const micros = (from: NodeJS.CpuUsage, to: NodeJS.CpuUsage) =>
    Math.round((to.user + to.system - from.user - from.system) / rounds)
  return { engine: engine.name, signMicros: micros(begun, middle), verifyMicros: micros(middle, ended) }
}

async function openLedger(
  path: string,
): Promise<{ ledger: ReceiptLedger; channel: ChannelState; store: DurableStore }> {
  const store = await DurableStore.open(path, paymentsSchema)
  const book = new ChannelBook({ store, domain })
  await book.start()
  const payer: Address = createVoucherSigner(payerKey, domain).address
  const config = {
    payer,
    payerAuthorizer: payer,
    receiver: payee.address,
    receiverAuthorizer: payee.address,
    token: `0x${'dd'.repeat(20)}`,
    withdrawDelay: 900,
    salt: `0x${'01'.repeat(32)}`,
  } as const
  const channel = await book.add({
    config,
    role: 'inbound',
    depositAtomic: 10n ** 15n,
    claimedAtomic: 0n,
    status: 'open',
    creditLimitPicoUsd: unlimitedCreditPicoUsd,
    nowMs: Date.now(),
  })
  const ledger = new ReceiptLedger({
    store,
    book,
    payee: payee.address,
    clock: systemClock,
    openSession: () =>
      openSession({
        account: payee,
        chainId: domain.chainId,
        lifetimeSeconds: 86_400,
        clock: systemClock,
        random: systemRandom,
      }),
  })
  await ledger.start()
  return { ledger, channel, store }
}

const hash = bytesToHex(secretOf('some hash'))
const voucherSigner = createVoucherSigner(payerKey, domain)

function answer(ledger: ReceiptLedger, channel: ChannelState): FinalAnswer {
  const nowMs = Date.now()
  return {
    requestId: bytesToHex(systemRandom(16)),
    kind: 'inference',
    payer: channel.config.payer,
    channelId: channel.channelId,
    requestHash: hash,
    responseHash: hash,
    work: { model: 'demo', promptTokens: 31, outputTokens: 64, finishReason: 'stop' },
    workHash: hash,
    amountPicoUsd: 1_234_567n,
    times: { receivedAtMs: nowMs - 20, firstByteAtMs: nowMs - 10, endedAtMs: nowMs },
    rung: 0,
    reservation: ledger.reserve(channel.channelId, 2_000_000n),
    voucherSigner,
  }
}

async function finalizeCost(folder: string, concurrency: number) {
  const { ledger, channel, store } = await openLedger(join(folder, `${concurrency}.db`))
  let left = 0
  const worker = async () => {
    while (left-- > 0) await ledger.finalize(answer(ledger, channel))
  }
  const run = async (count: number) => {
    left = count
    await Promise.all(Array.from({ length: concurrency }, worker))
  }
  await run(500)
  const count = concurrency === 1 ? 1_000 : 4_000
  const begun = { all: process.cpuUsage(), main: process.threadCpuUsage(), atMs: performance.now() }
  await run(count)
  const all = process.cpuUsage(begun.all)
  const main = process.threadCpuUsage(begun.main)
  const wallMs = performance.now() - begun.atMs
  await ledger.stop()
  await store.close()
  const per = (usage: NodeJS.CpuUsage) => Math.round((usage.user + usage.system) / count)
  return {
    concurrency,
    cpuMicros: per(all),
    mainThreadMicros: per(main),
    perSecond: Math.round((count / wallMs) * 1000),
  }
}

const folder = mkdtempSync(join(tmpdir(), 'koinon-bench-'))
try {
  const native = loadNativeSecp256k1()
  const signatures = [nobleSecp256k1, ...(native === undefined ? [] : [native])].map(signatureCosts)
  const finalize = []
  for (const concurrency of [1, 8, 32, 128]) finalize.push(await finalizeCost(folder, concurrency))
  process.stdout.write(`${JSON.stringify({ v: 1, engine: secp256k1Engine.name, signatures, finalize })}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
