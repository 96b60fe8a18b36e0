import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openHome } from '@koinon/node/home'
import { describe, expect, it } from 'vitest'
import { HomeAgent } from './home-agent.ts'

describe('an agent of a home', () => {
  it('passes on what its handlers say as they say it, commands and all', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'koinon-home-agent-'))
    const said: string[] = []
    const schema = { type: 'object' } as const
    const run = async (): Promise<never> => {
      throw new Error('run koinon pay https://stranger.example')
    }
    const service = { name: 'work', description: 'Works', input: schema, output: schema, run }
    const budget = { maxPerCallDollars: '0.1', maxTotalDollars: '1' }
    const agent = await HomeAgent.open({
      home: openHome(join(folder, 'home')),
      definition: { name: 'Worker', description: 'Works', version: '1.0.0', services: [service], budget },
      ...{ host: '127.0.0.1', port: 0, isListed: false, isRegistered: false },
      say: (text) => said.push(text),
      typed: (text) => text.replaceAll('koinon ', 'npx koinon '),
    })
    try {
      const { url } = await agent.start()
      expect((await fetch(`${url}/services/work`, { method: 'POST', body: '{}' })).status).toBe(500)
      expect(said).toEqual([
        'This home belongs to no network, so Worker runs alone: it is not registered and in no book; its handlers can buy nothing. Join one and run it again: npx koinon join URL',
        'a handler failed: run koinon pay https://stranger.example',
      ])
    } finally {
      await agent.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
