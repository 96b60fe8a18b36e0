/** A budget of this home as what a payer signs with. */
import { join } from 'node:path'
import { budgetForJobs, type JobPayer } from '@koinon/agents/client'
import { type Address, hexToBytes, KoinonError, systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import {
  createLedgerWriter,
  type LedgerReader,
  type NetworkFile,
  readDollarDomain,
  TransactionSender,
} from '@koinon/ledger'
import { budgetDelegateAbi } from '@koinon/ledger/abis'
import type { PaymentSigner } from '@koinon/payments/client'
import { BudgetPaymentSigner, BudgetSigner, budgetSchema, createBudgetChain } from '@koinon/payments/client/budget'
import { parseGrantChain } from '@koinon/payments/rules'
import { budgetBooks, findBudget } from '../home/budgets.ts'
import type { Home } from '../home/home.ts'
import type { AccountKey } from '../home/secrets.ts'
import { ensureGas } from './ensure-gas.ts'
import { holdPayerStore } from './payer-lock.ts'

export type HomeBudget = {
  readonly grantHash: string
  /** Whose money it is. */
  readonly owner: Address
  readonly signer: PaymentSigner
  /** The same budget for jobs; none on a network without. */
  readonly jobs: JobPayer | undefined
  close(): Promise<void>
}

/**
 * Opens a budget by its label or hash; one process at a time has it. `gasKey` sends deposits to the owner's account and pays their gas, nothing
 * else; `onDeposit` hears of each before it is sent. Throws `home/no-budget`, `home/no-session-key`, `wallet/payer-in-use`, `payments/bad-budget-grant`, `payments/ledger-unreachable`.
 */
export async function openHomeBudget(
  home: Home,
  network: NetworkFile,
  reader: LedgerReader,
  name: string,
  gasKey: AccountKey,
  onDeposit?: () => void,
): Promise<HomeBudget> {
  const { grantHash, grants, sessionKey, label } = findBudget(home, name)
  if (sessionKey === undefined) {
    throw new KoinonError({
      code: 'home/no-session-key',
      message: `The key of the budget "${label}" is not in this home`,
      hint: 'Its agent made the key itself and spends where the key is; grant one without --agent to spend here.',
    })
  }
  const release = await holdPayerStore(join(home.budgets, `${grantHash.slice(2)}.lock`))
  let store: DurableStore | undefined
  try {
    store = await DurableStore.open(budgetBooks(home), budgetSchema)
    const domain = { chainId: network.chainId, escrow: network.contracts.channels }
    const signer = new BudgetSigner({
      store,
      grants: parseGrantChain(grants),
      sessionKey: hexToBytes(sessionKey),
      domain,
      assetDomain: await readDollarDomain(reader, network.contracts.dollar),
      chain: createBudgetChain({ reader, unsettledBlocks: 0 }),
      reader,
      clock: systemClock,
    })
    await signer.start()
    const sender = new TransactionSender(reader, createLedgerWriter(network, gasKey.privateKey))
    const paying = new BudgetPaymentSigner({
      signer,
      reader,
      domain,
      send: async (batch) => {
        await ensureGas(network, reader, gasKey.address, home)
        const beforeSubmit = async () => onDeposit?.()
        return sender.send(batch, 'depositing for a budget', budgetDelegateAbi, { beforeSubmit })
      },
      clock: systemClock,
      random: systemRandom,
    })
    await paying.settleOpen()
    const opened = store
    return {
      grantHash,
      owner: signer.owner,
      signer: paying,
      jobs: network.contracts.jobs === undefined ? undefined : budgetForJobs(signer, { network, reader, sender }),
      async close() {
        await opened.close()
        release()
      },
    }
  } catch (error) {
    await store?.close()
    release()
    throw error
  }
}
