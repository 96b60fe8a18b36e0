import {
  type Address,
  bytesToHex,
  concatBytes,
  type Hex,
  hexToBytes,
  KoinonError,
  keccak256,
  toAddress,
  utf8ToBytes,
} from '@koinon/base'

/** An account that holds native currency before block 1. */
export type GenesisAccount = { readonly address: Address; readonly balanceWei: bigint }

/** A contract that exists before block 1: runtime code (no constructor runs), nonce 1, no storage. */
export type Predeploy = { readonly address: Address; readonly runtimeBytecode: Hex }

/** Everything that block 1 builds on. Two chains with equal genesis and equal blocks have equal hashes on one engine version. */
export type ChainGenesis = {
  readonly chainId: number
  /** Seconds since the Unix epoch. */
  readonly timestampSeconds: number
  readonly accounts: readonly GenesisAccount[]
  readonly predeploys: readonly Predeploy[]
}

/** Gas limit of every block. */
export const blockGasLimit = 60_000_000n

/** Base fee of block 0, wei per gas; later ones follow EIP-1559. */
export const genesisBaseFeeWei = 1_000_000_000n

const maxSafeChainId = Number.MAX_SAFE_INTEGER

/**
 * Lower-cases and sorts accounts and predeploys by address, and checks them.
 * Throws `chain/bad-genesis` on a repeated address, a negative balance, empty code or an impossible chain id or time.
 */
export function normalizeGenesis(genesis: ChainGenesis): ChainGenesis {
  const accounts = genesis.accounts
    .map((account) => ({ address: toAddress(account.address), balanceWei: account.balanceWei }))
    .sort(byAddress)
  const predeploys = genesis.predeploys
    .map((predeploy) => ({
      address: toAddress(predeploy.address),
      runtimeBytecode: bytesToHex(hexToBytes(predeploy.runtimeBytecode)),
    }))
    .sort(byAddress)
  const all = [...accounts, ...predeploys].map((entry) => entry.address)
  if (new Set(all).size !== all.length) throw badGenesis('an address appears twice')
  if (accounts.some((account) => account.balanceWei < 0n || account.balanceWei >= 1n << 256n)) {
    throw badGenesis('a balance is negative or does not fit 256 bits')
  }
  if (predeploys.some((predeploy) => predeploy.runtimeBytecode === '0x')) throw badGenesis('a predeploy has no code')
  if (!Number.isSafeInteger(genesis.chainId) || genesis.chainId < 1 || genesis.chainId > maxSafeChainId) {
    throw badGenesis('the chain id is not a positive integer')
  }
  if (!Number.isSafeInteger(genesis.timestampSeconds) || genesis.timestampSeconds < 1) {
    throw badGenesis('the timestamp is not a positive number of seconds')
  }
  return { chainId: genesis.chainId, timestampSeconds: genesis.timestampSeconds, accounts, predeploys }
}

/**
 * Keccak-256 over the accounts and predeploys of a normalized genesis (spec 0002): the text `koinon-genesis-1`, then for
 * each account 0x01, address, 32-byte balance, and for each predeploy 0x02, address, Keccak-256 of its code.
 */
export function genesisHash(genesis: ChainGenesis): Hex {
  const parts: Uint8Array[] = [utf8ToBytes('koinon-genesis-1')]
  for (const account of genesis.accounts) {
    const balance = hexToBytes(`0x${account.balanceWei.toString(16).padStart(64, '0')}`)
    parts.push(Uint8Array.of(1), hexToBytes(account.address), balance)
  }
  for (const predeploy of genesis.predeploys) {
    parts.push(Uint8Array.of(2), hexToBytes(predeploy.address), keccak256(hexToBytes(predeploy.runtimeBytecode)))
  }
  return bytesToHex(keccak256(concatBytes(...parts)))
}

/** Addresses at which `wanted` has code from the beginning and `found` does not. Both normalized. */
export function missingPredeploys(
  found: Pick<ChainGenesis, 'predeploys'>,
  wanted: Pick<ChainGenesis, 'predeploys'>,
): readonly Address[] {
  const there = new Set(found.predeploys.map(({ address }) => address))
  return wanted.predeploys.map(({ address }) => address).filter((address) => !there.has(address))
}

function byAddress(a: { readonly address: Address }, b: { readonly address: Address }): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : 0
}

function badGenesis(reason: string): KoinonError {
  return new KoinonError({
    code: 'chain/bad-genesis',
    message: `The genesis of the embedded chain is not usable: ${reason}`,
    hint: 'Correct the accounts, predeploys, chain id or time passed to the chain.',
  })
}
