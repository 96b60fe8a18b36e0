import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextVoucherAtomic, type VoucherCall, type VoucherLine, voucherRefusal } from './voucher-line.ts'

type Line = { depositAtomic: string; owedAtomic: string; keptAtomic: string; underWay: readonly Call[] }
type Call = { voucherAtomic: string; maximumAtomic: string }
const vectors = JSON.parse(
  readFileSync(new URL('../../../../specs/vectors/paid-calls.json', import.meta.url), 'utf8'),
) as { readonly vouchers: readonly { name: string; line: Line; call: Call; refusal: string | null }[] }

const callOf = (call: Call): VoucherCall => ({
  voucherAtomic: BigInt(call.voucherAtomic),
  maximumAtomic: BigInt(call.maximumAtomic),
})
const lineOf = (line: Line): VoucherLine => ({
  depositAtomic: BigInt(line.depositAtomic),
  owedAtomic: BigInt(line.owedAtomic),
  keptAtomic: BigInt(line.keptAtomic),
  underWay: line.underWay.map(callOf),
})

describe('specs/vectors/paid-calls.json', () => {
  it.each(vectors.vouchers)('$name', ({ line, call, refusal }) => {
    expect(voucherRefusal(lineOf(line), callOf(call)) ?? null).toBe(refusal)
  })
})

/** A seller reduced to three numbers, beside the rule: what it may claim is what is owed, and never more than was signed for it. */
class Seller {
  owed = 0n
  kept = 0n
  underWay: VoucherCall[] = []
  readonly deposit: bigint

  constructor(deposit: bigint) {
    this.deposit = deposit
  }

  get line(): VoucherLine {
    return { depositAtomic: this.deposit, owedAtomic: this.owed, keptAtomic: this.kept, underWay: this.underWay }
  }

  take(call: VoucherCall): boolean {
    if (voucherRefusal(this.line, call) !== undefined) return false
    this.underWay.push(call)
    return true
  }

  /** Ends one call with a charge; nothing is kept of a call that costs nothing. */
  end(index: number, charge: bigint): void {
    const [call] = this.underWay.splice(index, 1)
    if (call === undefined) return
    const charged = charge < call.maximumAtomic ? charge : call.maximumAtomic
    this.owed += charged
    if (charged > 0n && call.voucherAtomic > this.kept) this.kept = call.voucherAtomic
  }

  crash(): void {
    this.underWay = []
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('any' as const), voucher: fc.bigInt(0n, 60n), maximum: fc.bigInt(1n, 12n) }),
    fc.record({ kind: fc.constant('honest' as const), maximum: fc.bigInt(1n, 12n) }),
    fc.record({ kind: fc.constant('replay' as const), back: fc.nat(8) }),
    fc.record({ kind: fc.constant('end' as const), index: fc.nat(6), charge: fc.bigInt(0n, 12n) }),
    fc.record({ kind: fc.constant('crash' as const) }),
  ),
  { maxLength: 40 },
)

describe('the line of vouchers', () => {
  it('never lets more be owed than a charged voucher covers or the deposit holds, whatever comes', () => {
    fc.assert(
      fc.property(steps, fc.bigInt(1n, 60n), (list, deposit) => {
        const seller = new Seller(deposit)
        const seen: VoucherCall[] = []
        for (const step of list) {
          if (step.kind === 'any') seen.push({ voucherAtomic: step.voucher, maximumAtomic: step.maximum })
          if (step.kind === 'honest') {
            const maximumAtomic = step.maximum
            seen.push({ voucherAtomic: nextVoucherAtomic(seller.line, maximumAtomic), maximumAtomic })
          }
          if (step.kind === 'replay' && seen.length > 0) seen.push(seen[step.back % seen.length] as VoucherCall)
          if (step.kind === 'end') seller.end(step.index, step.charge)
          else if (step.kind === 'crash') seller.crash()
          else if (seen.length > 0) seller.take(seen.at(-1) as VoucherCall)
          expect(seller.owed <= seller.kept).toBe(true)
          expect(seller.kept <= deposit).toBe(true)
          const values = seller.underWay.map(({ voucherAtomic }) => voucherAtomic)
          expect(new Set(values).size).toBe(values.length)
        }
      }),
      { numRuns: 600 },
    )
  })

  it('works on one voucher once: after its charge it is never taken again for the same price', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const seller = new Seller(1_000n)
        const charged = new Set<bigint>()
        for (const step of list) {
          if (step.kind === 'end') {
            const call = seller.underWay[step.index]
            if (call !== undefined) charged.add(call.voucherAtomic)
            // A fixed price: the whole of it.
            if (call !== undefined) seller.end(step.index, 7n)
          } else if (step.kind === 'crash') seller.crash()
          else {
            const voucherAtomic = step.kind === 'any' ? step.voucher : nextVoucherAtomic(seller.line, 7n)
            const isTaken = seller.take({ voucherAtomic, maximumAtomic: 7n })
            if (isTaken && charged.has(voucherAtomic)) {
              // Only where the payer signed a rest into it and nothing else is under way.
              expect(voucherAtomic).toBe(seller.owed + 7n)
              expect(seller.underWay).toHaveLength(1)
            }
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('takes what an honest payer signs, also when its calls overtake each other', () => {
    const calls = fc.array(fc.bigInt(1n, 9n), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(calls, fc.infiniteStream(fc.nat(50)), (prices, chances) => {
        const chance = () => chances.next().value as number
        const seller = new Seller(10_000n)
        // The payer signs above all that it has signed; the network shuffles.
        let base = 0n
        const flying = prices.map((maximumAtomic) => ({ voucherAtomic: (base += maximumAtomic), maximumAtomic }))
        while (flying.length > 0) {
          const [call] = flying.splice(chance() % flying.length, 1)
          expect(seller.take(call as VoucherCall)).toBe(true)
        }
        while (seller.underWay.length > 0) seller.end(chance() % seller.underWay.length, BigInt(chance() % 12))
        expect(seller.take({ voucherAtomic: nextVoucherAtomic(seller.line, 3n), maximumAtomic: 3n })).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('always has a next voucher for a payer that asks for the state', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const seller = new Seller(100_000n)
        for (const step of list) {
          if (step.kind === 'any') seller.take({ voucherAtomic: step.voucher, maximumAtomic: step.maximum })
          else if (step.kind === 'end') seller.end(step.index, step.charge)
          const maximumAtomic = 5n
          const voucherAtomic = nextVoucherAtomic(seller.line, maximumAtomic)
          expect(voucherRefusal(seller.line, { voucherAtomic, maximumAtomic })).toBeUndefined()
        }
      }),
      { numRuns: 300 },
    )
  })
})
