/** Agents that are really paid on the real chain, for tests. */
import {
  type Address,
  bytesToHex,
  type Hex,
  hexToBytes,
  sha256,
  systemClock,
  systemRandom,
  utf8ToBytes,
  zeroHash,
} from '@koinon/base'
import type { Membership } from '@koinon/ledger'
import { batchSettlementAbi, testDollarAbi } from '@koinon/ledger/abis'
import { type ContractsNetwork, startEmbedded, type TestAccount, withContracts } from '@koinon/ledger/testing'
import { ChannelOpener } from '@koinon/payments/client'
import { createVoucherSigner, localDelegatingAccount, openSession } from '@koinon/payments/core'
import type { EscrowDomain } from '@koinon/payments/rules'
import { emptySession, type ReceiptBundle, receiptVersion, type SignedReceipt, signReceiptBatch } from '@koinon/work'

export type PaidAgents = {
  readonly chain: ContractsNetwork
  member(account: TestAccount): Membership
  /** An account with gas and 100 dollars. */
  account(): Promise<TestAccount>
  /** Opens a channel in `token`, pays `calls` answers of one cent each, and has them claimed unless told otherwise. */
  pay(payer: TestAccount, payee: TestAccount, calls: number, options?: PayOptions): Promise<readonly ReceiptBundle[]>
}

export type PayOptions = { readonly isClaimed?: boolean; readonly token?: Address }

const centPicoUsd = 10n ** 10n
const centAtomic = 10_000n

export async function startPaidAgents(): Promise<PaidAgents> {
  const chain = await withContracts(await startEmbedded())
  const { contracts, chainId } = chain.network
  const domain: EscrowDomain = { chainId, escrow: contracts.channels }
  const member = (account: TestAccount): Membership => ({
    network: chain.network,
    reader: chain.reader,
    sender: account.sender,
  })
  const fund = async (account: TestAccount): Promise<TestAccount> => {
    const call = { address: contracts.dollar, abi: testDollarAbi, functionName: 'faucet' } as const
    await account.sender.call({ ...call, args: [account.address, 100_000_000n] })
    return account
  }
  return {
    chain,
    member,
    account: async () => fund(await chain.account()),
    async pay(payer, payee, calls, { isClaimed = true, token = contracts.dollar } = {}) {
      const key = hexToBytes(payer.privateKey)
      const opener = new ChannelOpener({
        reader: chain.reader,
        sender: payer.sender,
        payer: localDelegatingAccount(key),
        domain,
        token,
        collector: contracts.depositCollector,
        clock: systemClock,
        random: systemRandom,
      })
      const amount = BigInt(calls) * centAtomic
      const { channelId, config } = await opener.open({
        receiver: payee.address,
        payerAuthorizer: payer.address,
        depositAtomic: amount,
      })
      const voucher = createVoucherSigner(key, domain).sign({ channelId, maxClaimableAtomic: amount })
      if (isClaimed) {
        const claim = {
          voucher: { channel: config, maxClaimableAmount: amount },
          signature: voucher.signature,
          totalClaimed: amount,
        }
        await payee.sender.call({
          address: contracts.channels,
          abi: batchSettlementAbi,
          functionName: 'claim',
          args: [[claim]],
        })
      }
      return receipts(chainId, payer, payee, channelId, calls)
    },
  }
}

async function receipts(
  chainId: number,
  payer: TestAccount,
  payee: TestAccount,
  channelId: Hex,
  calls: number,
): Promise<readonly ReceiptBundle[]> {
  const account = localDelegatingAccount(hexToBytes(payee.privateKey))
  const session = await openSession({
    account,
    chainId,
    lifetimeSeconds: 3_600,
    clock: systemClock,
    random: systemRandom,
  })
  const now = systemClock.nowMs()
  const answers = Array.from({ length: calls }, (_, index) => ({
    work: {},
    receipt: {
      version: receiptVersion,
      chainId,
      kind: 'test',
      requestId: bytesToHex(systemRandom(16)),
      payer: payer.address,
      payee: payee.address,
      channelId,
      upstreamReceipt: zeroHash,
      requestHash: bytesToHex(sha256(utf8ToBytes('request'))),
      responseHash: bytesToHex(sha256(utf8ToBytes('response'))),
      workHash: bytesToHex(sha256(utf8ToBytes('work'))),
      amountPicoUsd: centPicoUsd,
      cumulativePicoUsd: centPicoUsd * BigInt(index + 1),
      receivedAtMs: now,
      firstByteAtMs: now,
      endedAtMs: now,
      rung: 0,
      attestation: zeroHash,
    },
  }))
  const { signed } = signReceiptBatch(answers, emptySession, session)
  return signed.map((hop: SignedReceipt) => ({ v: 1, hops: [hop] }))
}
