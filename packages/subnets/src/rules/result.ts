/** The EIP-712 structs that validators sign about an epoch (contracts/src/subnets/Epochs.sol). */
import { type Address, concatBytes, type Hex, hexToBytes, KoinonError, keccak256, utf8ToBytes } from '@koinon/base'
import { addressWord, fixedBytes, uintWord } from './words.ts'

/** Root and inputs of an epoch. `cumulativeTotal` is the sum of all leaves, base units (1e-18 token). */
export type EpochResult = {
  readonly netuid: number
  readonly epoch: number
  readonly root: Hex
  readonly cumulativeTotal: bigint
  readonly weightsHash: Hex
  readonly stakeHash: Hex
  readonly specHash: Hex
  readonly dataHash: Hex
}

/** Chain and contract that a signature is for. */
export type ResultDomain = { readonly chainId: number; readonly epochsContract: Address }

const domainType = keccak256(
  utf8ToBytes('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
)
const resultType = keccak256(
  utf8ToBytes(
    'Result(uint32 netuid,uint64 epoch,bytes32 root,uint256 cumulativeTotal,bytes32 weightsHash,bytes32 stakeHash,bytes32 specHash,bytes32 dataHash)',
  ),
)
const objectionType = keccak256(utf8ToBytes('Objection(uint32 netuid,uint64 epoch,bytes32 resultHash)'))

/** What a validator signs to attest a result; also the result's name in events and objections. */
export function resultDigest(domain: ResultDomain, result: EpochResult): Uint8Array {
  return typedDataDigest(
    domain,
    concatBytes(
      resultType,
      uintWord(result.netuid),
      uintWord(result.epoch),
      fixedBytes(result.root, 32),
      uintWord(result.cumulativeTotal),
      fixedBytes(result.weightsHash, 32),
      fixedBytes(result.stakeHash, 32),
      fixedBytes(result.specHash, 32),
      fixedBytes(result.dataHash, 32),
    ),
  )
}

/** What a validator signs to object to a pending root. */
export function objectionDigest(domain: ResultDomain, netuid: number, epoch: number, resultHash: Hex): Uint8Array {
  return typedDataDigest(
    domain,
    concatBytes(objectionType, uintWord(netuid), uintWord(epoch), fixedBytes(resultHash, 32)),
  )
}

/** Wire form; the amount is a decimal string. */
export function resultToJson(result: EpochResult): Record<string, string | number> {
  return { ...result, cumulativeTotal: result.cumulativeTotal.toString() }
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
  if (typeof value['cumulativeTotal'] !== 'string' || !/^(0|[1-9][0-9]{0,76})$/.test(value['cumulativeTotal'])) {
    throw badResult('cumulativeTotal')
  }
  return {
    netuid: integer('netuid', 0xffff_ffff),
    epoch: integer('epoch', Number.MAX_SAFE_INTEGER),
    root: hash('root'),
    cumulativeTotal: BigInt(value['cumulativeTotal']),
    weightsHash: hash('weightsHash'),
    stakeHash: hash('stakeHash'),
    specHash: hash('specHash'),
    dataHash: hash('dataHash'),
  }
}

function typedDataDigest(domain: ResultDomain, message: Uint8Array): Uint8Array {
  const separator = concatBytes(
    domainType,
    keccak256(utf8ToBytes('Koinon Epochs')),
    keccak256(utf8ToBytes('1')),
    uintWord(domain.chainId),
    addressWord(domain.epochsContract),
  )
  return keccak256(concatBytes(hexToBytes('0x1901'), keccak256(separator), keccak256(message)))
}

function badResult(field: string): KoinonError {
  return new KoinonError({ code: 'subnets/bad-result', message: `The epoch result is malformed at "${field}"` })
}
