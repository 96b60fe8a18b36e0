/** What the ledger says, asked through its JSON-RPC door like any stranger would. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Address } from '@koinon/base'
import { createLedgerReader, type LedgerReader, type NetworkFile, parseNetworkFile } from '@koinon/ledger'
import { alphaStakingAbi, batchSettlementAbi } from '@koinon/ledger/abis'
import { readBalances } from '@koinon/node/wallet'
import { readBooks } from './books.ts'

const rootNetuid = 0

export class LedgerView {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  readonly #home: string

  constructor(home: string) {
    this.#home = home
    this.network = parseNetworkFile(readFileSync(join(home, 'network.json'), 'utf8'))
    this.reader = createLedgerReader(this.network)
  }

  /** Account of a role or of the wallet. */
  account(name: string): Address {
    return (JSON.parse(readFileSync(join(this.#home, 'keys', `${name}.json`), 'utf8')) as { address: Address }).address
  }

  balances(name: string): ReturnType<typeof readBalances> {
    return readBalances(this.reader, this.network, this.account(name))
  }

  /** What a role staked on its own hotkey: KOIN on the root, 1e-18 KOIN. */
  rootStake(name: string): Promise<bigint> {
    return this.#position(rootNetuid, name)
  }

  /** Alpha of a subnet on a role's own hotkey, which is what it earned there, 1e-18 alpha. */
  alpha(name: string, netuid = 1): Promise<bigint> {
    return this.#position(netuid, name)
  }

  async #position(subnet: number, name: string): Promise<bigint> {
    const account = this.account(name)
    const [, amount] = await this.reader.readContract({
      address: this.network.contracts.staking,
      abi: alphaStakingAbi,
      functionName: 'positionOf',
      args: [subnet, account, account],
    })
    return amount
  }

  /** Sentences about channels from which the ledger paid more than the home's own vouchers allow; none when all is well. */
  async overpaid(): Promise<readonly string[]> {
    const { channels } = readBooks(this.#home, 'gateway')
    const problems = await Promise.all(
      channels.map(async (channel) => {
        const [deposit, claimed] = (await this.reader.readContract({
          address: this.network.contracts.channels,
          abi: batchSettlementAbi,
          functionName: 'channels',
          args: [channel.channel_id as `0x${string}`],
        })) as readonly [bigint, bigint]
        const owedAtomic = BigInt(channel.owed_pico_usd) / 1_000_000n
        const name = `${channel.role} channel ${channel.channel_id.slice(0, 10)}`
        return [
          ...(claimed <= owedAtomic ? [] : [`${name}: claimed ${claimed}, owed were ${owedAtomic}`]),
          ...(claimed <= deposit ? [] : [`${name}: claimed ${claimed} of a deposit of ${deposit}`]),
        ]
      }),
    )
    return problems.flat()
  }
}
