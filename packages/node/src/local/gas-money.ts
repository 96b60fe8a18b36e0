/** How much native money accounts are given for gas. Amounts in wei. */
import { parseUnits } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import { faucetGift } from './parameters.ts'

export type GasMoney = {
  /** A role's account is filled up to this much. */
  readonly roleWei: bigint
  /** What the faucet gives a newcomer. */
  readonly giftWei: bigint
  /** What that costs the giver: the gift and the gas of its three transactions. */
  readonly givingWei: bigint
  /** What the treasury needs for itself at first: to put the contracts and subnet 1 on the ledger, and for some newcomers. */
  readonly foundingWei: bigint
}

/** Native money of an embedded chain is made from nothing. */
export const embeddedGasMoney: GasMoney = {
  roleWei: parseUnits('10', 18),
  giftWei: faucetGift.nativeWei,
  givingWei: faucetGift.nativeWei + parseUnits('0.001', 18),
  foundingWei: 0n,
}

// In gas. With five seats the validator whose turn it is uses about 2.5 million an epoch, the others 0.4 million; joining takes a newcomer
// about 1 million, the deployment about 50 million.
const roleGas = 60_000_000n
const giftGas = 15_000_000n
const givingGas = giftGas + 250_000n
const deploymentGas = 60_000_000n
const newcomers = 10n

/** What gas costs at the moment decides; a chain that asks nothing still gives accounts that exist. */
export function externalGasMoney(weiPerGas: bigint): GasMoney {
  const price = weiPerGas > 0n ? weiPerGas : 1n
  return {
    roleWei: roleGas * price,
    giftWei: giftGas * price,
    givingWei: givingGas * price,
    foundingWei: (deploymentGas + newcomers * givingGas) * price,
  }
}

/** Gas money at the ledger's present price. */
export async function gasMoneyOf(reader: LedgerReader, { chainKind }: NetworkFile): Promise<GasMoney> {
  if (chainKind === 'embedded') return embeddedGasMoney
  const { maxFeePerGas } = await reader.estimateFeesPerGas()
  return externalGasMoney(maxFeePerGas)
}

/** What an account lacks. External gas costs something and its price moves: filled up only when less than a quarter is left. */
export function lackingGas(kind: NetworkFile['chainKind'], targetWei: bigint, heldWei: bigint): bigint {
  const isEnough = kind === 'embedded' ? heldWei >= targetWei : heldWei * 4n >= targetWei
  return isEnough ? 0n : targetWei - heldWei
}
