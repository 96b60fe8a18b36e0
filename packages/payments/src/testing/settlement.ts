/** Payers, authorizations and a settler over a test network. */
import { readFileSync } from 'node:fs'
import { type Address, bytesToHex, type Hex, signDigest, systemRandom, toAddress } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import type { TransactionSender } from '@koinon/ledger'
import { LedgerSettler, type LedgerSettlerOptions } from '../provider/ledger-settler.ts'
import { settlementsSchema } from '../provider/settlement-book.ts'
import { type ChannelConfig, channelIdOf } from '../rules/channel.ts'
import { authorizationDigest, depositNonceOf } from '../rules/exact.ts'
import type { Asset, SignedDeposit, TransferAuthorization, UpToAuthorization } from '../rules/terms.ts'
import { allowanceDigest, upToDigest } from '../rules/up-to.ts'
import type { TestNetwork } from './chain.ts'

export const collector = '0x4020806089470a89826cb9fb1f4059150b550004'

/** The network's dollar as terms name it. */
export function dollarOf(network: TestNetwork): Asset {
  return { token: network.network.contracts.dollar, name: 'Test Dollar', version: '1', decimals: 6 }
}

/** A signed transfer that is open for ten minutes around now. */
export function signTransfer(
  payer: { readonly address: Hex; readonly secretKey: Uint8Array },
  asset: Asset,
  chainId: number,
  transfer: Pick<TransferAuthorization, 'to' | 'valueAtomic'> & Partial<TransferAuthorization>,
): TransferAuthorization {
  const nowSeconds = BigInt(Math.floor(Date.now() / 1000))
  const unsigned = {
    token: asset.token,
    from: payer.address,
    validAfter: nowSeconds - 600n,
    validBefore: nowSeconds + 600n,
    nonce: bytesToHex(systemRandom(32)),
    ...transfer,
  }
  return { ...unsigned, signature: signDigest(authorizationDigest(unsigned, asset, chainId), payer.secretKey) }
}

/** A signed payment of at most `maximumAtomic`, open for a minute, with a permit of exactly that where its nonce is given. */
export function signUpTo(
  payer: { readonly address: Hex; readonly secretKey: Uint8Array },
  asset: Asset,
  chainId: number,
  payment: Pick<UpToAuthorization, 'to' | 'facilitator' | 'maximumAtomic'> & Partial<UpToAuthorization>,
  permitNonce?: bigint,
): UpToAuthorization {
  const unsigned = {
    token: asset.token,
    from: payer.address,
    valueAtomic: payment.maximumAtomic,
    validAfter: 0n,
    validBefore: BigInt(Math.floor(Date.now() / 1000)) + 60n,
    nonce: bytesToHex(systemRandom(32)),
    ...payment,
  }
  const signed = { ...unsigned, signature: signDigest(upToDigest(unsigned, chainId), payer.secretKey) }
  if (permitNonce === undefined) return signed
  const permit = { nonce: permitNonce, deadline: unsigned.validBefore }
  const signature = signDigest(allowanceDigest(unsigned, permit, asset, chainId), payer.secretKey)
  return { ...signed, allowance: { ...permit, signature } }
}

/** A signed deposit into a channel. */
export function signDeposit(
  payer: { readonly secretKey: Uint8Array },
  asset: Asset,
  domain: { readonly chainId: number; readonly escrow: Hex },
  config: ChannelConfig,
  amountAtomic: bigint,
  to: Address = collector,
): SignedDeposit {
  const nowSeconds = BigInt(Math.floor(Date.now() / 1000))
  const salt = bytesToHex(systemRandom(32))
  const times = { validAfter: nowSeconds - 600n, validBefore: nowSeconds + 600n }
  const digest = authorizationDigest(
    {
      token: asset.token,
      from: config.payer,
      to,
      valueAtomic: amountAtomic,
      nonce: depositNonceOf(channelIdOf(config, domain), salt),
      ...times,
    },
    asset,
    domain.chainId,
    'receive',
  )
  return { amountAtomic, salt, ...times, signature: signDigest(digest, payer.secretKey) }
}

/** A settler over a store at `path`. */
export async function openSettler(
  network: TestNetwork,
  sender: TransactionSender,
  path: string,
  changes: Partial<LedgerSettlerOptions> = {},
): Promise<{ readonly settler: LedgerSettler; readonly store: DurableStore }> {
  const store = await DurableStore.open(path, settlementsSchema)
  const settler = new LedgerSettler({
    store,
    reader: network.reader,
    sender,
    domain: network.domain,
    assets: [dollarOf(network)],
    unsettledBlocks: 0,
    clock: { nowMs: () => Date.now() },
    ...changes,
  })
  return { settler, store }
}

/** Deploys a contract of contracts/test/support from its creation code. */
export async function deploySupport(
  sender: TransactionSender,
  name: 'hostile-dollar' | 'wallet-factory',
): Promise<Address> {
  const file = new URL(`../../../../contracts/test/support/${name}.hex`, import.meta.url)
  const { contractAddress } = await sender.send({ data: readFileSync(file, 'utf8').trim() as Hex }, `deploying ${name}`)
  return toAddress(contractAddress as string)
}
