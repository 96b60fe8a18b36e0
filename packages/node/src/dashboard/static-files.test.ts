import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveStatic } from './static-files.ts'

let folder: string
let server: Server
let port: number
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-page-'))
  mkdirSync(join(folder, 'page', 'assets'), { recursive: true })
  mkdirSync(join(folder, 'page-secret'))
  writeFileSync(join(folder, 'page', 'index.html'), '<title>page</title>')
  writeFileSync(join(folder, 'page', 'assets', 'a-1.js'), 'code')
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'page-secret', 'secret.txt'), 'secret')
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'page', 'link.txt'))
  server = createServer((request, response) => {
    if (!serveStatic(join(folder, 'page'), request, response)) response.writeHead(404).end('none')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as { port: number }).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A request as written: clients of the standard library would tidy the path. */
function raw(path: string, method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('end', () => resolve(text)).on('error', reject)
    socket.write(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
  })
}

describe('serveStatic', () => {
  it('serves hashed assets for ever and the document fresh, with the security headers', async () => {
    const asset = await raw('/assets/a-1.js?x=1')
    expect(asset).toMatch(/^HTTP\/1\.1 200/)
    expect(asset).toMatch(/text\/javascript/)
    expect(asset).toMatch(/immutable/)
    expect(asset).toMatch(/frame-ancestors 'none'/)
    expect(asset).toMatch(/\r\n\r\ncode$/)
    for (const path of ['/', '/network', '/receipts/0x12']) {
      const page = await raw(path)
      expect(page).toContain('<title>page</title>')
      expect(page).toMatch(/cache-control: no-cache/)
    }
  })

  it('answers HEAD without a body and leaves other methods alone', async () => {
    expect(await raw('/', 'HEAD')).toMatch(/content-length: 19[\s\S]*\r\n\r\n$/)
    expect(await raw('/', 'POST')).toMatch(/^HTTP\/1\.1 404/)
    expect(await raw('/missing.js')).toMatch(/^HTTP\/1\.1 404/)
  })

  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets/../../secret.txt',
    '/../page-secret/secret.txt',
    '/..%5csecret.txt',
    '//../secret.txt',
    '/link.txt',
    '/secret.txt%00.html',
    '/%ff%fe',
    '/%',
  ])('gives nothing away for %s', async (path) => {
    const answer = await raw(path)
    expect(answer).toMatch(/^HTTP\/1\.1 404/)
    expect(answer).not.toContain('secret')
  })
})
