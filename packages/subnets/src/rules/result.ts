/** The EIP-712 structs that validators sign about an epoch (contracts/src/subnets/results/Epochs.sol). */
import {
  type Address,
  bytes32Word,
  domainSeparator,
  type Hex,
  integerWord,
  KoinonError,
  typedDigest,
  typeHash,
} from '@koinon/base'
import type { PaidParts } from './epoch-inputs.ts'

/**
 * Root and inputs of an epoch. The totals are alpha paid to all seats since the subnet's genesis, as miners and as dividends, atomic
 * units (1e-18).
 */
export type EpochResult = {
  readonly netuid: number
  readonly epoch: number
  /** Hash of the active result that it builds on; 32 zero bytes for a subnet's first. */
  readonly previousHash: Hex
  readonly root: Hex
  readonly minersTotal: bigint
  readonly dividendsTotal: bigint
  readonly validatorsHash: Hex
  readonly carryHash: Hex
  readonly specHash: Hex
  readonly dataHash: Hex
}

/** What a result says was paid in all, by part. */
export function totalsOf({ minersTotal, dividendsTotal }: EpochResult): PaidParts {
  return { miners: minersTotal, dividends: dividendsTotal }
}

/** Chain and contract that a signature is for. */
export type ResultDomain = { readonly chainId: number; readonly epochsContract: Address }

const resultType = typeHash(
  'Result(uint32 netuid,uint64 epoch,bytes32 previousHash,bytes32 root,uint256 minersTotal,uint256 dividendsTotal,bytes32 validatorsHash,bytes32 carryHash,bytes32 specHash,bytes32 dataHash)',
)
const objectionType = typeHash('Objection(uint32 netuid,uint64 epoch,bytes32 resultHash)')

/** What a validator signs to attest a result; also the result's name in events and objections. */
export function resultDigest(domain: ResultDomain, result: EpochResult): Uint8Array {
  return typedDigest(separatorOf(domain), resultType, [
    integerWord(result.netuid, 32),
    integerWord(result.epoch, 64),
    bytes32Word(result.previousHash),
    bytes32Word(result.root),
    integerWord(result.minersTotal),
    integerWord(result.dividendsTotal),
    bytes32Word(result.validatorsHash),
    bytes32Word(result.carryHash),
    bytes32Word(result.specHash),
    bytes32Word(result.dataHash),
  ])
}

/** What a validator signs to object to a pending root. */
export function objectionDigest(domain: ResultDomain, netuid: number, epoch: number, resultHash: Hex): Uint8Array {
  return typedDigest(separatorOf(domain), objectionType, [
    integerWord(netuid, 32),
    integerWord(epoch, 64),
    bytes32Word(resultHash),
  ])
}

/** Wire form; amounts are decimal strings. */
export function resultToJson(result: EpochResult): Record<string, string | number> {
  return { ...result, minersTotal: `${result.minersTotal}`, dividendsTotal: `${result.dividendsTotal}` }
}

/** Parses a result from outside. Throws `subnets/bad-result`. */
export function resultFromJson(json: unknown): EpochResult {
  const value = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const integer = (name: string, most: number): number => {
    const number = value[name]
    if (!Number.isSafeInteger(number) || (number as number) < 0 || (number as number) > most) throw badResult(name)
    return number as number
  }
  const hash = (name: string): Hex => {
    if (typeof value[name] !== 'string' || !/^0x[0-9a-f]{64}$/.test(value[name])) throw badResult(name)
    return value[name] as Hex
  }
  const amount = (name: string): bigint => {
    if (typeof value[name] !== 'string' || !/^(0|[1-9][0-9]{0,76})$/.test(value[name])) throw badResult(name)
    return BigInt(value[name])
  }
  return {
    netuid: integer('netuid', 0xffff_ffff),
    epoch: integer('epoch', Number.MAX_SAFE_INTEGER),
    previousHash: hash('previousHash'),
    root: hash('root'),
    minersTotal: amount('minersTotal'),
    dividendsTotal: amount('dividendsTotal'),
    validatorsHash: hash('validatorsHash'),
    carryHash: hash('carryHash'),
    specHash: hash('specHash'),
    dataHash: hash('dataHash'),
  }
}

function separatorOf({ chainId, epochsContract }: ResultDomain): Uint8Array {
  return domainSeparator({ name: 'Koinon Epochs', version: '4', chainId, verifyingContract: epochsContract })
}

function badResult(field: string): KoinonError {
  return new KoinonError({ code: 'subnets/bad-result', message: `The epoch result is malformed at "${field}"` })
}
