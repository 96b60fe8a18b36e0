import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { KoinonError } from './errors.ts'
import { namingFetch } from './fetch-failure.ts'

const named = namingFetch(fetch)

describe('namingFetch', () => {
  it('names the address that did not answer, without its query, and why', async () => {
    const server = createServer((request) => request.socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/paid`
    await expect(named(`${url}?key=secret`)).rejects.toMatchObject({
      code: 'http/unreachable',
      message: `${url} cannot be reached: the connection was closed before an answer came`,
      retry: 'later',
    })
    await new Promise((resolve) => server.close(resolve))
    await expect(named(new Request(url))).rejects.toMatchObject({
      message: `${url} cannot be reached: nothing listens there`,
      hint: expect.any(String),
    })
  })

  it("lets what is ours and the caller's own abort pass", async () => {
    const ours = new KoinonError({ code: 'payments/any', message: 'Ours' })
    await expect(namingFetch(() => Promise.reject(ours))('http://a.invalid')).rejects.toBe(ours)
    const aborted = named('http://127.0.0.1:9', { signal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
  })
})
