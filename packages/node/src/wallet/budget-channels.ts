/** Bringing back what lies in the channels of a budget: the owner's money, by the owner's own transactions. */
import { existsSync } from 'node:fs'
import { type Address, type Clock, dollarDecimals, type Hex, KoinonError, type Random } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import {
  createLedgerReader,
  createLedgerWriter,
  type NetworkFile,
  readDollarDomain,
  TransactionSender,
} from '@koinon/ledger'
import {
  ChannelOpener,
  durablePayerStore,
  Payer,
  type PaymentSigner,
  payerLedger,
  payerSchema,
  type TakenBack,
} from '@koinon/payments/client'
import { localDelegatingAccount } from '@koinon/payments/core'
import { parseGrantChain } from '@koinon/payments/rules'
import { findBudget } from '../home/budgets.ts'
import type { Home } from '../home/home.ts'
import type { AccountKey } from '../home/secrets.ts'
import { budgetPayerPath } from './budget-deposits.ts'
import { ensureGas } from './ensure-gas.ts'
import { holdPayerStore } from './payer-lock.ts'

export type BudgetChannelReturn = { readonly channelId: Hex; readonly receiver: Address } & TakenBack

export type BudgetChannelsOptions = {
  readonly home: Home
  readonly network: NetworkFile
  /** The owner. */
  readonly key: AccountKey
  readonly clock: Clock
  readonly random: Random
}

/**
 * Brings the rest of each channel that the budget's key filled from the owner's account one step nearer: asks for it, says when it comes, or
 * fetches it once the delay is over. Safe to repeat. What the key owes stays for the receiver, and the channel is used no more; the
 * budget is not given back. Throws `home/no-budget`, `payments/budget-not-owner`, `wallet/payer-in-use` and `ledger/*`.
 */
export async function takeBackBudget(
  { home, network, key, clock, random }: BudgetChannelsOptions,
  name: string,
): Promise<readonly BudgetChannelReturn[]> {
  const { grantHash, grants } = findBudget(home, name)
  if (parseGrantChain(grants)[0]?.grant.owner !== key.address) throw notOwner()
  const path = budgetPayerPath(home, grantHash)
  if (!existsSync(path)) return []
  const reader = createLedgerReader(network)
  const { dollar: token, channels: escrow, depositCollector: collector } = network.contracts
  const opener = new ChannelOpener({
    reader,
    sender: new TransactionSender(reader, createLedgerWriter(network, key.privateKey)),
    payer: localDelegatingAccount(key.secretKey),
    domain: { chainId: network.chainId, escrow },
    ...{ token, collector, clock, random },
  })
  const { name: assetName, version } = await readDollarDomain(reader, token)
  const asset = {
    chainId: network.chainId,
    token,
    name: assetName,
    version,
    decimals: dollarDecimals,
    escrow,
    collector,
  }
  const release = await holdPayerStore(`${path}.lock`)
  let store: DurableStore | undefined
  try {
    store = await DurableStore.open(path, payerSchema)
    const payer = new Payer({
      signer: signsNothing(key.address),
      store: durablePayerStore(store),
      ledger: payerLedger(reader),
      policy: {
        assets: [asset],
        ...{ maximumPerCallAtomic: 0n, maximumInChannelsAtomic: 0n },
        ...{ maximumTimeoutSeconds: 1, maximumWithdrawDelaySeconds: 0 },
      },
    })
    await payer.start()
    const returns: BudgetChannelReturn[] = []
    for (const { channelId, config } of payer.channels()) {
      if (config.payer !== key.address) continue
      await payer.takeBack(channelId, {
        withdraw: async (terms, owedAtomic) => {
          await ensureGas(network, reader, key.address, home)
          const outcome = await opener.takeBack(terms, owedAtomic)
          returns.push({ channelId, receiver: config.receiver, ...outcome })
          return outcome
        },
      })
    }
    return returns
  } finally {
    await store?.close()
    release()
  }
}

/** Money comes back without a signature of the session key. */
function signsNothing(owner: Address): PaymentSigner {
  const refuse = () => Promise.reject(new Error('nothing is signed here'))
  return { payer: owner, payerAuthorizer: owner, signVoucher: refuse, signAuthorization: refuse, signDeposit: refuse }
}

function notOwner(): KoinonError {
  return new KoinonError({
    code: 'payments/budget-not-owner',
    message: 'The channels of this budget are of another account than the wallet of this home',
    hint: 'Ask for the money in the home of its owner.',
  })
}
