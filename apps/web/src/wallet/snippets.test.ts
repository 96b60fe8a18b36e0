import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { snippets } from './snippets.ts'

const run = promisify(execFile)

describe('snippets', () => {
  test('never hold a key', () => {
    for (const { text } of snippets('http://127.0.0.1:8402/v1')) {
      expect(text).toContain('http://127.0.0.1:8402/v1')
      expect(text).toContain('KOINON_API_KEY')
      expect(text).not.toContain('sk-koinon')
    }
  })

  test('the TypeScript one runs as it stands, with the stock client', async () => {
    const seen: string[] = []
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'a market' } }] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // Where it finds the client, and no check of the sources looks.
    const folder = join(import.meta.dirname, '.tmp')
    await mkdir(folder, { recursive: true })
    try {
      const file = join(folder, 'snippet.mts')
      await writeFile(file, snippets(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`)[0]?.text ?? '')
      const { stdout } = await run(process.execPath, [file], {
        timeout: 30_000,
        env: { ...process.env, KOINON_API_KEY: 'sk-test', HOME: tmpdir() },
      })
      expect(stdout.trim()).toBe('a market')
      expect(seen).toEqual(['POST /v1/chat/completions Bearer sk-test'])
    } finally {
      await rm(folder, { recursive: true, force: true })
      server.close()
      server.closeAllConnections()
    }
  })
})
