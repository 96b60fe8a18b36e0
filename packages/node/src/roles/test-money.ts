import { formatUnits, KoinonError, tokenDecimals } from '@koinon/base'
import { ofSubnet, quoteSeat, withMargin } from '@koinon/ledger'
import { subnetsAbi } from '@koinon/ledger/abis'
import type { Logger } from 'pino'
import { readBalances } from '../local/treasury.ts'
import { askFaucet } from '../wallet/faucet.ts'
import type { RoleLedger } from './role-tools.ts'

/** On a test network, asks the gateway's faucet when the account cannot pay its registration; elsewhere does nothing. */
export async function ensureTestMoney(
  { network, reader, key }: RoleLedger,
  netuid: number,
  log: Logger,
): Promise<void> {
  if (!network.isTest || network.gatewayUrl === undefined) return
  const [{ nativeWei, koin }, quote, registered] = await Promise.all([
    readBalances(reader, network, key.address),
    ofSubnet(netuid, quoteSeat({ network, reader }, netuid)),
    reader.readContract({
      address: network.contracts.subnets,
      abi: subnetsAbi,
      functionName: 'isRegistered',
      args: [netuid, key.address],
    }),
  ])
  // Others may register first.
  const price = withMargin(quote.price)
  if (nativeWei > 0n && (registered || koin >= price)) return
  log.info({ account: key.address }, 'asking the faucet for test money')
  const { koinAtomic } = await askFaucet(network, key.address)
  if (registered || koin + BigInt(koinAtomic) >= price) return
  // Exact: whoever sends as much as is shown must not fall short of it.
  throw new KoinonError({
    code: 'faucet/no-koin',
    message: 'The faucet of this network has given away all the KOIN that strangers may have',
    hint: `Ask its owner for ${formatUnits(price, tokenDecimals)} KOIN, which registration takes, to ${key.address}.`,
    retry: 'later',
  })
}
