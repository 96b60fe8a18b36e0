import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { portOwner, requireFreePort } from './port.ts'

let server: Server | undefined
afterEach(async () => {
  await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())))
  server = undefined
})

async function takePort(): Promise<number> {
  server = createServer()
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}

describe('requireFreePort', () => {
  it('names the process that holds a port and the flag that chooses another', async () => {
    const port = await takePort()
    await expect(requireFreePort('127.0.0.1', port, '--rpc-port')).rejects.toMatchObject({
      code: 'node/port-in-use',
      message: expect.stringContaining(`Port ${port} is in use`),
      hint: expect.stringContaining('--rpc-port'),
      details: { port },
    })
    if (process.platform === 'linux') expect(portOwner(port)).toContain(`(process ${process.pid})`)
  })

  it.runIf(process.platform === 'linux')('names a role of another koinon by its title, not by a thread', async () => {
    const code =
      "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port)); setTimeout(() => process.exit(), 30_000)"
    const role = spawn(process.execPath, ['--title=koinon-gateway', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [printed] = await once(role.stdout, 'data')
      const port = Number(String(printed))
      expect(portOwner(port)).toBe(`koinon-gateway (process ${role.pid})`)
      await expect(requireFreePort('127.0.0.1', port, '--port')).rejects.toMatchObject({
        message: `Port ${port} is in use by another koinon, koinon-gateway (process ${role.pid})`,
      })
    } finally {
      role.kill('SIGKILL')
      await once(role, 'exit')
    }
  })

  it('lets a free port and port 0 pass', async () => {
    const port = await takePort()
    await new Promise<void>((resolve) => server?.close(() => resolve()))
    server = undefined
    await requireFreePort('127.0.0.1', port, '--port')
    await requireFreePort('127.0.0.1', 0, '--port')
    expect(portOwner(port)).toBeUndefined()
  })

  it('explains an address this machine does not have', async () => {
    await expect(requireFreePort('192.0.2.1', 8402, '--port')).rejects.toMatchObject({ code: 'node/port-refused' })
  })
})
