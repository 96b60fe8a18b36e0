/**
 * What payments cost on the ledger: settled payments per million gas for channels of 100, 1,000 and 10,000 calls (deposit, and claim and
 * settlement in one transaction, all counted; alone in an escrow that is empty before and after, alone in one that holds others' deposits,
 * and ten channels claimed together), and for exact payments, one a transaction and many in one. A real chain, the real contracts, our
 * settler. One JSON line.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, bytesToHex, type Hex, signDigest, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createVoucherSigner } from '@koinon/payments/core'
import { LedgerSettler, settlementsSchema } from '@koinon/payments/provider'
import { type ChannelConfig, channelIdOf } from '@koinon/payments/rules'
import { claimAndSettle } from '../packages/payments/src/core/escrow-calls.ts'
import { authorizationDigest, depositNonceOf } from '../packages/payments/src/rules/exact.ts'
import type { TransferAuthorization } from '../packages/payments/src/rules/terms.ts'
import { startNetwork } from '../packages/payments/src/testing/chain.ts'

const collector: Address = '0x4020806089470a89826cb9fb1f4059150b550004'
const priceAtomic = 1_000n
const callsPerChannel = [100, 1_000, 10_000]
const exactPayments = 48

const network = await startNetwork()
const folder = mkdtempSync(join(tmpdir(), 'koinon-bench-'))
const { domain } = network
const { chainId, escrow } = domain
const token = network.network.contracts.dollar
const asset = { token, name: 'Test Dollar', version: '1', decimals: 6 }
const gas = await network.fund('gas')
const seller = await network.fund('seller')
const payers = await Promise.all(Array.from({ length: 12 }, (_, index) => network.fund(`payer ${index}`)))
type Payer = (typeof payers)[number]
const nowSeconds = BigInt(Math.floor(Date.now() / 1000))
const times = { validAfter: nowSeconds - 600n, validBefore: nowSeconds + 3_000n }

async function settlerOf(name: string, maximumMoves: number) {
  const store = await DurableStore.open(join(folder, name), settlementsSchema)
  const settler = new LedgerSettler({
    ...{ store, reader: network.reader, sender: gas.sender, domain, maximumMoves },
    assets: [asset],
    unsettledBlocks: 0,
    clock: systemClock,
  })
  return { settler, close: () => store.close() }
}

async function gasOf(transactions: Iterable<Hex>): Promise<bigint> {
  let sum = 0n
  for (const hash of new Set(transactions)) sum += (await network.reader.getTransactionReceipt({ hash })).gasUsed
  return sum
}

function transferOf(payer: Payer): TransferAuthorization {
  const nonce = bytesToHex(systemRandom(32))
  const unsigned = { token, from: payer.address, to: seller.address, valueAtomic: priceAtomic, ...times, nonce }
  return { ...unsigned, signature: signDigest(authorizationDigest(unsigned, asset, chainId), payer.secretKey) }
}

const perMillion = (payments: number, gasUsed: bigint) => Math.round((payments * 1e7) / Number(gasUsed)) / 10

async function exact(maximumMoves: number) {
  const { settler, close } = await settlerOf(`exact-${maximumMoves}.db`, maximumMoves)
  // Balances and nonce tables that exist: what a payer's first payment adds is not counted.
  await Promise.all(payers.map((payer) => settler.settle(transferOf(payer), 60_000)))
  const payments = Array.from({ length: exactPayments }, (_, index) =>
    transferOf(payers[index % payers.length] as Payer),
  )
  const cpu = process.cpuUsage()
  const outcomes = await Promise.all(payments.map((payment) => settler.settle(payment, 120_000)))
  const { user, system } = process.cpuUsage(cpu)
  const transactions = outcomes.map((outcome) => {
    if (outcome.state !== 'settled') throw new Error(outcome.detail)
    return outcome.transaction
  })
  const gasUsed = await gasOf(transactions)
  await close()
  return {
    payments: exactPayments,
    transactions: new Set(transactions).size,
    gasPerPayment: Number(gasUsed) / exactPayments,
    paymentsPerMillionGas: perMillion(exactPayments, gasUsed),
    cpuMsPerPaymentWithChain: Math.round((user + system) / 100 / exactPayments) / 10,
  }
}

async function channels(calls: number, count: number, leftAtomic = 0n) {
  const { settler, close } = await settlerOf(`channels-${calls}-${count}.db`, 24)
  const total = BigInt(calls) * priceAtomic
  const deposited = total + leftAtomic
  const used = payers.slice(0, count)
  const transactions: Hex[] = []
  const rows = await Promise.all(
    used.map(async (payer) => {
      const config: ChannelConfig = {
        ...{ payer: payer.address, payerAuthorizer: payer.address, token, withdrawDelay: 900 },
        ...{ receiver: seller.address, receiverAuthorizer: seller.address },
        salt: bytesToHex(systemRandom(32)),
      }
      const channelId = channelIdOf(config, domain)
      const salt = bytesToHex(systemRandom(32))
      const unsigned = {
        ...{ token, from: payer.address, to: collector, valueAtomic: deposited, ...times },
        nonce: depositNonceOf(channelId, salt),
      }
      const signature = signDigest(authorizationDigest(unsigned, asset, chainId, 'receive'), payer.secretKey)
      const outcome = await settler.deposit(config, { amountAtomic: deposited, salt, signature, ...times }, 120_000)
      if (outcome.state !== 'settled') throw new Error(outcome.detail)
      transactions.push(outcome.transaction)
      const voucher = createVoucherSigner(payer.secretKey, domain).sign({ channelId, maxClaimableAtomic: total })
      return {
        voucher: { channel: config, maxClaimableAmount: total },
        signature: voucher.signature,
        totalClaimed: total,
      }
    }),
  )
  const deposits = await gasOf(transactions)
  const together = await seller.sender.call(claimAndSettle(escrow, rows, [seller.address], token))
  const gasUsed = deposits + together.gasUsed
  const parts = { deposit: Number(deposits) / count, claimAndSettle: Number(together.gasUsed) }
  await close()
  return {
    callsPerChannel: calls,
    channels: count,
    gasPerPayment: Number(gasUsed) / (calls * count),
    gasOfParts: parts,
    paymentsPerMillionGas: perMillion(calls * count, gasUsed),
  }
}

const exactAlone = await exact(1)
const exactTogether = await exact(24)
const alone = []
const together = []
// The receiver's first balance in the escrow is not counted either.
await channels(1, 1)
for (const calls of callsPerChannel) alone.push(await channels(calls, 1))
for (const calls of callsPerChannel) together.push(await channels(calls, 10))
// From here on the escrow holds something, as one in use always does.
await channels(1, 1, 1n)
const inUse = []
for (const calls of callsPerChannel) inUse.push(await channels(calls, 1))
await network.close()
rmSync(folder, { recursive: true, force: true })
process.stdout.write(
  `${JSON.stringify({ exactAlone, exactTogether, channelAlone: alone, channelAloneInUse: inUse, tenChannelsTogether: together })}\n`,
)
process.exit(0)
