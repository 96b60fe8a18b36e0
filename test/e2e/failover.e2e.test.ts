/** Miners that die: while nobody looks, and under fifty clients in mid-answer. */
import { describe, expect, inject, it } from 'vitest'
import { type Answer, ask, questionBody } from '../harness/ask.ts'
import { problemsOf, readBooks, receiptIdsOf } from '../harness/books.ts'
import { LedgerView } from '../harness/ledger.ts'
import { killRole, restarted, roles } from '../harness/roles.ts'
import { waitFor } from '../harness/wait.ts'

const network = inject('network')

describe('a miner that is killed', () => {
  it('is not missed by the next questions and comes back by itself', async () => {
    const pid = await killRole(network.home, 'miner-2')
    const answers = []
    for (let count = 0; count < 6; count += 1) answers.push(await ask(network, { maxTokens: 8 }))
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
    const back = await restarted(network.home, 'miner-2', pid)
    expect(back.restarts).toBeGreaterThan(0)
    const pinned = await waitFor('the miner that came back answers', 20_000, async () => {
      const answer = await ask(network, { maxTokens: 8, headers: { 'x-koinon-provider': back.info?.account ?? '' } })
      return answer.status === 200 && answer
    })
    expect(pinned.provider).toBe(back.info?.account)
  })

  it('leaves fifty concurrent clients each with a whole answer or a clean error, and nobody is charged twice', async () => {
    const before = receiptIdsOf(readBooks(network.home, 'gateway'))
    const victim = (await roles(network.home)).find(({ name }) => name === 'miner-1')
    const pinned = await firstByteFrom(victim?.info?.account as string)
    const clients = Array.from({ length: 49 }, (_, index) =>
      ask(network, { text: `Question ${index}: what is a miner?`, stream: index % 2 === 0, maxTokens: 160 }),
    )
    const pid = victim?.pid as number
    process.kill(pid, 'SIGKILL')
    const answers = await Promise.all([pinned.answer, ...clients])

    const kinds = answers.map(kindOf)
    expect(kinds.filter((kind) => kind === 'garbled')).toEqual([])
    // Two of three miners live, each with four places and as many in front of them; the gateway refuses the rest at once.
    const refusals = answers
      .filter((_, index) => kinds[index] === 'clean')
      .map(({ status, body }) => `${status} ${body.slice(-300)}`)
    expect(kinds.filter((kind) => kind === 'whole').length, refusals.join('\n')).toBeGreaterThanOrEqual(8)
    await restarted(network.home, 'miner-1', pid)

    const books = readBooks(network.home, 'gateway')
    const receipts = receiptIdsOf(books)
    for (const [index, answer] of answers.entries()) {
      const id = answer.receiptId
      if (kinds[index] === 'whole') expect(receipts).toContain(id)
      else if (id !== null) expect(receipts).not.toContain(id)
    }
    const charged = [...receipts].filter((id) => !before.has(id) && answers.some(({ receiptId }) => receiptId === id))
    expect(charged).toHaveLength(kinds.filter((kind) => kind === 'whole').length)
    expect(problemsOf(network.home)).toEqual([])
    expect(await new LedgerView(network.home).overpaid()).toEqual([])
  }, 180_000)
})

/** Whole: all there. Clean: an error in OpenAI's shape, as the status or as the last event of a stream. Else garbled. */
function kindOf({ status, body, headers }: Answer): 'whole' | 'clean' | 'garbled' {
  const isStream = (headers.get('content-type') ?? '').startsWith('text/event-stream')
  if (status === 200 && isStream) {
    if (body.endsWith('data: [DONE]\n\n')) return body.includes('"finish_reason":"') ? 'whole' : 'garbled'
    const last = body.trimEnd().split('\n').at(-1) ?? ''
    return isError(last.replace(/^data: /, '')) ? 'clean' : 'garbled'
  }
  if (status === 200) return hasChoice(body) ? 'whole' : 'garbled'
  return status >= 400 && isError(body) ? 'clean' : 'garbled'
}

function isError(text: string): boolean {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string; code?: string } }
    return typeof error?.message === 'string' && error.message.length > 20 && typeof error.code === 'string'
  } catch {
    return false
  }
}

function hasChoice(text: string): boolean {
  try {
    return typeof (JSON.parse(text) as { choices: { finish_reason: string }[] }).choices[0]?.finish_reason === 'string'
  } catch {
    return false
  }
}

/** Sends a question to one miner and resolves at the first byte of its answer; `answer` follows when it has ended. */
async function firstByteFrom(provider: string): Promise<{ readonly answer: Promise<Answer> }> {
  const response = await fetch(`${network.openai}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${network.apiKey}`,
      'x-koinon-provider': provider,
    },
    body: questionBody({ stream: true, maxTokens: 400 }),
    signal: AbortSignal.timeout(60_000),
  })
  const { status, headers } = response
  const chunks = (response.body as ReadableStream<Uint8Array>)[Symbol.asyncIterator]()
  const parts = [(await chunks.next()).value]
  const rest = async (): Promise<Answer> => {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) parts.push(next.value)
    const body = Buffer.concat(parts.filter((part) => part !== undefined)).toString('utf8')
    return { status, body, headers, receiptId: headers.get('x-koinon-receipt'), provider }
  }
  return { answer: rest() }
}
