import { describe, expect, test } from 'vitest'
import { FakeNetwork } from '../../dev/fake-network.ts'
import { connectionOf, NetworkFeed, type NetworkView, staleAfterMs } from './network-feed.ts'

describe('NetworkFeed', () => {
  test('shows the network, and keeps showing it, labelled, when the gateway goes away', async () => {
    const network = new FakeNetwork()
    const url = await network.start()
    const feed = new NetworkFeed({ base: url, fetch }, () => Date.now())
    feed.start()
    const first = await nextView(feed)
    expect(first.network?.subnets[0]?.name).toBe('inference')
    expect(first.error).toBeUndefined()
    await network.stop()
    const second = await nextView(feed)
    feed.stop()
    expect(second.network).toEqual(first.network)
    expect(second.receivedAtMs).toBe(first.receivedAtMs)
    expect(second.error?.code).toBe('web/unreachable')
  })
})

describe('connectionOf', () => {
  const error = { code: 'x', message: 'x', retry: 'later' } as const
  test.each([
    ['connecting', {}, 0],
    ['offline', { error }, 0],
    ['live', { receivedAtMs: 1000 }, 2000],
    ['stale', { receivedAtMs: 1000 }, 1001 + staleAfterMs],
    ['stale', { receivedAtMs: 1000, error }, 2000],
    ['offline', { receivedAtMs: 1000, error }, 1001 + 5 * staleAfterMs],
  ] as const)('is %s', (state, view, nowMs) => {
    expect(connectionOf(view, nowMs)).toBe(state)
  })
})

function nextView(feed: NetworkFeed): Promise<NetworkView> {
  return new Promise((resolve) => {
    const leave = feed.subscribe(() => {
      leave()
      resolve(feed.view())
    })
  })
}
