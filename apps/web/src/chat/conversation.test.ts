import { afterEach, describe, expect, test } from 'vitest'
import { FakeNetwork } from '../../dev/fake-network.ts'
import { MemoryStorage } from '../../test/memory-storage.ts'
import { ReceiptShelf } from '../receipts/receipt-shelf.ts'
import { Conversation } from './conversation.ts'

const networks: FakeNetwork[] = []
afterEach(async () => {
  for (const network of networks.splice(0)) await network.stop()
})

describe('Conversation', () => {
  test('asks, keeps the answer for the tab and the receipt for the browser', async () => {
    const { conversation, shelf, storage, ask } = await setup()
    await ask('What is a subnet?')
    const [turn] = conversation.turns()
    expect(turn?.state).toBe('done')
    expect(shelf.find(turn?.receiptId as string)?.responseHash).toBe(turn?.receipt?.responseHash)
    const again = new Conversation({ door: { base: '', fetch }, shelf, storage, nowMs: () => 0 })
    expect(again.turns()).toEqual(conversation.turns())
  })

  test('keeps no word of the talk among the receipts', async () => {
    const { ask, keptText } = await setup()
    await ask('What is a subnet?')
    expect(keptText()).not.toContain('subnet?')
    expect(keptText()).not.toContain('market for one kind')
  })

  test('sends what was said before', async () => {
    const { network, ask } = await setup()
    await ask('What is a subnet?')
    await ask('What does it cost?')
    const request = new TextDecoder().decode(network.state.records[0]?.requestBytes)
    expect(JSON.parse(request).messages.map((message: { role: string }) => message.role)).toEqual([
      'user',
      'assistant',
      'user',
    ])
  })

  test('ignores an empty question and a second one while an answer runs', async () => {
    const { conversation, ask } = await setup()
    const first = ask('What is a subnet?')
    await ask('What does it cost?')
    await ask('   ')
    await first
    expect(conversation.turns().map((turn) => turn.question)).toEqual(['What is a subnet?'])
  })

  test('gives a question back to be asked anew', async () => {
    const { conversation, ask } = await setup('sk-koinon-wrong')
    await ask('What is a subnet?')
    const [turn] = conversation.turns()
    expect(turn?.state).toBe('failed')
    expect(conversation.takeBack(turn?.key as string)).toBe('What is a subnet?')
    expect(conversation.turns()).toEqual([])
    expect(conversation.takeBack('nothing')).toBeUndefined()
  })

  test('stops, and tells its listeners of every change', async () => {
    const { conversation, ask } = await setup(undefined, 15)
    let changes = 0
    const unsubscribe = conversation.subscribe(() => {
      changes += 1
      if ((conversation.turns()[0]?.answer.length ?? 0) > 10) conversation.stop()
    })
    await ask('A long story')
    unsubscribe()
    expect(conversation.turns()[0]?.state).toBe('stopped')
    expect(changes).toBeGreaterThan(3)
  })

  test('takes a running turn of a closed tab for stopped, and drops what is no conversation', async () => {
    const turn = {
      key: '1',
      question: 'q',
      answer: 'half',
      model: 'default',
      askedAtMs: 1,
      state: 'streaming',
      unsure: false,
    }
    const stored = (json: string) =>
      new Conversation({ ...parts(), storage: new MemoryStorage({ 'koinon.conversation.v1': json }) })
    expect(stored(JSON.stringify([turn, null, { key: 3 }])).turns()).toEqual([{ ...turn, state: 'stopped' }])
    expect(stored('{"not":"a list"}').turns()).toEqual([])
    expect(stored('{').turns()).toEqual([])
  })

  test('starts anew, and forgets in storage too', async () => {
    const { conversation, ask, storage } = await setup()
    await ask('What is a subnet?')
    conversation.clear()
    expect(conversation.turns()).toEqual([])
    expect(storage.getItem('koinon.conversation.v1')).toBe('[]')
  })

  test('works where storage is forbidden', async () => {
    const { network, url } = await start(0)
    const conversation = new Conversation({ ...parts(), door: { base: url, fetch }, storage: undefined })
    await conversation.ask('What is a subnet?', { apiKey: network.state.firstKey, model: 'default' })
    expect(conversation.turns()[0]?.state).toBe('done')
  })
})

function parts() {
  return { door: { base: '', fetch }, shelf: new ReceiptShelf(undefined), storage: undefined, nowMs: () => Date.now() }
}

async function start(paceMs: number): Promise<{ network: FakeNetwork; url: string }> {
  const network = new FakeNetwork({ paceMs })
  networks.push(network)
  return { network, url: await network.start() }
}

async function setup(apiKey?: string, paceMs = 0) {
  const { network, url } = await start(paceMs)
  const storage = new MemoryStorage()
  const shelfStorage = new MemoryStorage()
  const shelf = new ReceiptShelf(shelfStorage)
  const conversation = new Conversation({ ...parts(), door: { base: url, fetch }, shelf, storage })
  return {
    network,
    storage,
    shelf,
    conversation,
    keptText: () => shelfStorage.getItem('koinon.receipts.v1') ?? '',
    ask: (question: string) =>
      conversation.ask(question, { apiKey: apiKey ?? network.state.firstKey, model: 'default' }),
  }
}
