import { expect, test } from 'vitest'
import { FakeNetwork } from '../../dev/fake-network.ts'
import { NetworkFeed, type NetworkView } from './network-feed.ts'
import { requestJson } from './request.ts'
import { watchedDoor } from './watched-door.ts'

test('a request that fails makes the feed look at once, not at its next turn', async () => {
  const network = new FakeNetwork()
  const door = { base: await network.start(), fetch }
  const looks: number[] = []
  const asked = { base: door.base, fetch: ((...all) => (looks.push(looks.length), fetch(...all))) as typeof fetch }
  const feed = new NetworkFeed(asked, () => Date.now())
  const seen = viewOf(feed, (view) => view.network !== undefined)
  feed.start()
  await seen
  await network.stop()
  const lost = viewOf(feed, (view) => view.error !== undefined)
  const failed = requestJson(watchedDoor(door, feed.look), '/api/wallet')
  await expect(failed).rejects.toMatchObject({ code: 'web/unreachable' })
  // The look of the failed request, begun before this test hears of the failure.
  expect(looks).toHaveLength(2)
  await lost
  feed.stop()
})

test('hears nothing of answers, whatever they say, nor of what the page broke off itself', async () => {
  let silences = 0
  const stop = new AbortController()
  const answering = { base: '', fetch: async () => new Response('{}', { status: 500 }) }
  await requestJson(
    watchedDoor(answering, () => silences++),
    '/x',
  ).catch(() => undefined)
  const hanging = {
    base: '',
    fetch: ((_: unknown, init?: RequestInit) =>
      new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
      )) as typeof fetch,
  }
  const asked = watchedDoor(hanging, () => silences++).fetch('/x', { signal: stop.signal })
  stop.abort()
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  expect(silences).toBe(0)
})

function viewOf(feed: NetworkFeed, isWanted: (view: NetworkView) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const leave = feed.subscribe(() => {
      if (!isWanted(feed.view())) return
      leave()
      resolve()
    })
  })
}
