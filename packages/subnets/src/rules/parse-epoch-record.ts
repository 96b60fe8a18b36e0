/** Reads a published record of an epoch (specs/0007-epochs.md section 5). Whoever reads one checks its hash against the result first. */
import { type Address, type Hex, KoinonError } from '@koinon/base'
import { z } from 'zod'
import type { PaidParts } from './epoch-inputs.ts'

/** The parts of a record that explain an epoch. `...Q32` are parts of 2^32; `emission` and payouts are alpha, atomic units. */
export type EpochRecord = {
  readonly netuid: number
  readonly epoch: number
  readonly specHash: Hex
  readonly aggregator: { readonly name: string; readonly version: number; readonly specHash: Hex }
  readonly emission: PaidParts
  readonly seats: readonly {
    readonly uid: number
    readonly hotkey: Address
    readonly consensus: bigint
    readonly incentive: bigint
  }[]
  /** `row` is null when it was not revealed. */
  readonly validators: readonly {
    readonly hotkey: Address
    readonly stake: bigint
    readonly row: Hex | null
    readonly dividends: bigint
  }[]
  readonly payouts: readonly { readonly account: Address; readonly asMiner: bigint; readonly asValidator: bigint }[]
}

const count = z.int().min(0)
const hex = (bytes: number) => z.custom<Hex>((value) => typeof value === 'string' && isHexOf(value, bytes))
const whole = z
  .string()
  .regex(/^[0-9]{1,78}$/)
  .transform(BigInt)
const record = z.object({
  netuid: count,
  epoch: count,
  specHash: hex(32),
  aggregator: z.object({ name: z.string().max(64), version: count, specHash: hex(32) }),
  emission: z.object({ miners: whole, dividends: whole }),
  seats: z.array(z.object({ uid: count.max(0xffff), hotkey: hex(20), consensus: whole, incentive: whole })).max(0xffff),
  validators: z
    .array(
      z.object({
        hotkey: hex(20),
        stake: whole,
        row: z.custom<Hex>((value) => typeof value === 'string' && /^0x([0-9a-f]{8})*$/.test(value)).nullable(),
        dividends: whole,
      }),
    )
    .max(0xffff),
  payouts: z.array(z.object({ account: hex(20), asMiner: whole, asValidator: whole })).max(0x1ffff),
})

/** Throws `subnets/bad-record` naming the field. */
export function parseEpochRecord(text: string): EpochRecord {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw badRecord('it is not JSON')
  }
  const parsed = record.safeParse(json)
  if (!parsed.success) throw badRecord(`"${parsed.error.issues[0]?.path.join('.')}"`)
  return parsed.data
}

function isHexOf(value: string, bytes: number): boolean {
  return value.length === 2 + 2 * bytes && /^0x[0-9a-f]*$/.test(value)
}

function badRecord(problem: string): KoinonError {
  return new KoinonError({ code: 'subnets/bad-record', message: `The epoch's record is malformed: ${problem}` })
}
