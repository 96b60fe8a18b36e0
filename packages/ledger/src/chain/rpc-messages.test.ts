import { describe, expect, it } from 'vitest'
import { RpcError } from './rpc-error.ts'
import { answerBody, connectionGate } from './rpc-messages.ts'
import type { RpcHandler } from './rpc-methods.ts'

const limits = { maxBatch: 3, maxRunningPerConnection: 1, maxResponseBytes: 400 }

describe('answerBody', () => {
  it('answers a request with its id, text ids included', async () => {
    expect(await answer({ jsonrpc: '2.0', id: 'a', method: 'echo', params: [1] })).toEqual({
      jsonrpc: '2.0',
      id: 'a',
      result: [1],
    })
  })

  it('answers a batch in its order and one bad entry with an error of its own', async () => {
    const batch = [{ jsonrpc: '2.0', id: 1, method: 'echo' }, 7, { jsonrpc: '2.0', id: 3, method: 'refuse' }]
    expect(await answer(batch)).toEqual([
      { jsonrpc: '2.0', id: 1, result: [] },
      { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'not a JSON-RPC 2.0 request' } },
      { jsonrpc: '2.0', id: 3, error: { code: 3, message: 'no', data: '0x1234' } },
    ])
  })

  it.each([
    ['{"jsonrpc":', -32700],
    ['[]', -32600],
    ['null', -32600],
    ['{"id":1,"method":"echo"}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"echo","params":{}}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":7}', -32600],
    ['[1,2,3,4]', -32005],
    ['{"jsonrpc":"2.0","id":1,"method":"crash"}', -32603],
  ])('answers %s with error %i', async (body, code) => {
    const text = await answerBody(body, handler(), limits, connectionGate(limits))
    expect(JSON.parse(text ?? '{}')).toMatchObject({ error: { code } })
  })

  it('answers nothing to notifications', async () => {
    expect(await answer({ jsonrpc: '2.0', method: 'echo' })).toBeUndefined()
    expect(await answer([{ jsonrpc: '2.0', method: 'refuse' }])).toBeUndefined()
  })

  it('replaces what makes the response too large', async () => {
    const big = { jsonrpc: '2.0', id: 1, method: 'echo', params: ['x'.repeat(300)] }
    const [first, second] = (await answer([big, { ...big, id: 2 }])) as { error?: { code: number } }[]
    expect(first?.error).toBeUndefined()
    expect(second?.error?.code).toBe(-32005)
  })

  it('submits the transactions of a batch side by side but runs reads one after the other', async () => {
    const running: Record<string, number> = {}
    const peak: Record<string, number> = {}
    const slow: RpcHandler = async (method) => {
      running[method] = (running[method] ?? 0) + 1
      peak[method] = Math.max(peak[method] ?? 0, running[method])
      await new Promise((resolve) => setTimeout(resolve, 5))
      running[method] -= 1
    }
    for (const method of ['eth_call', 'eth_sendRawTransaction']) {
      const batch = [1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, method }))
      await answerBody(JSON.stringify(batch), slow, limits, connectionGate(limits))
    }
    expect(peak).toEqual({ eth_call: 1, eth_sendRawTransaction: 3 })
  })
})

function handler(): RpcHandler {
  return async (method, params) => {
    if (method === 'refuse') throw new RpcError(3, 'no', '0x1234')
    if (method === 'crash') throw new Error('/secret/path')
    return params
  }
}

async function answer(message: unknown): Promise<unknown> {
  const text = await answerBody(JSON.stringify(message), handler(), limits, connectionGate(limits))
  return text === undefined ? undefined : JSON.parse(text)
}
