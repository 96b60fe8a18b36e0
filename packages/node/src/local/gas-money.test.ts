import { describe, expect, it } from 'vitest'
import { medianGap } from './block-interval.ts'
import { embeddedGasMoney, externalGasMoney, lackingGas } from './gas-money.ts'
import { localSubnet, subnetFor } from './parameters.ts'

describe('gas money', () => {
  it('follows the price of gas, and is something even where gas is free', () => {
    const dear = externalGasMoney(30_000_000_000n)
    expect(dear.roleWei).toBe(externalGasMoney(1n).roleWei * 30_000_000_000n)
    expect(dear.roleWei).toBeGreaterThan(dear.giftWei)
    expect(externalGasMoney(0n)).toEqual(externalGasMoney(1n))
  })

  it('is brought up to its mark on an embedded chain, but outside only when less than a quarter is left', () => {
    const { roleWei } = embeddedGasMoney
    expect(lackingGas('embedded', roleWei, roleWei - 1n)).toBe(1n)
    expect(lackingGas('embedded', roleWei, roleWei)).toBe(0n)
    expect(lackingGas('external', 100n, 25n)).toBe(0n)
    expect(lackingGas('external', 100n, 24n)).toBe(76n)
    expect(lackingGas('external', 100n, 0n)).toBe(100n)
  })
})

describe('subnet 1', () => {
  it.each([
    [0, 60],
    [1, 60],
    [2, 60],
    [3, 120],
    [12, 360],
  ])('with %i seconds between blocks has epochs of %i seconds', (blockSeconds, epochSeconds) => {
    const subnet = subnetFor(blockSeconds)
    expect(subnet.epochSeconds).toBe(epochSeconds)
    const phases = [subnet.workCommitSeconds, subnet.weightCommitSeconds, subnet.weightRevealSeconds]
    for (const seconds of phases) expect(seconds).toBeGreaterThanOrEqual(blockSeconds * 5)
    expect(phases.reduce((sum, seconds) => sum + seconds)).toBeLessThan(epochSeconds)
    expect(subnet.minValidatorStake).toBe(localSubnet.minValidatorStake)
  })

  it.each([
    [0, 24, 24],
    [0, 30, 30],
    [1, 24, 48],
    [12, 24, 360],
  ])('with %i seconds between blocks, asked for epochs of %i seconds, has some of %i', (blockSeconds, asked, has) => {
    const subnet = subnetFor(blockSeconds, asked)
    expect(subnet.epochSeconds).toBe(has)
    const phases = [subnet.workCommitSeconds, subnet.weightCommitSeconds, subnet.weightRevealSeconds]
    for (const seconds of phases) expect(seconds).toBeGreaterThanOrEqual(Math.max(4, blockSeconds * 5))
    expect(phases.reduce((sum, seconds) => sum + seconds)).toBeLessThan(has)
  })

  it.each([
    [[], 0],
    [[100], 0],
    [[100, 100, 100], 0],
    [[0, 12, 24, 36], 12],
    [[0, 12, 36, 48, 60], 12],
    [[0, 5_000, 5_001, 5_001, 5_002], 1],
  ])('takes %j for times of blocks that are %i seconds apart', (times, seconds) => {
    expect(medianGap(times)).toBe(seconds)
  })
})
