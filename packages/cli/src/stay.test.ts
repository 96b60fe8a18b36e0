import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'

const module = new URL('./stay.ts', import.meta.url).href
const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

/** A process that stays, made of `stay` and a thing with the given methods. */
function start(thing: string, options = '{ json: true }') {
  const code = `
    const { stay } = await import(${JSON.stringify(module)})
    const never = new Promise(() => {})
    setInterval(() => {}, 1000)
    await stay({ options: ${options}, create: async (say) => { say('making'); return ({ stopRequested: never, stop: async () => say('cleaned up'), ${thing} }) },
      readyJson: (ready) => ({ is: ready }), welcome: (ready) => 'welcome ' + ready + '\\n', goodbye: 'bye' })`
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ended = once(child, 'close').then(([exit]) => ({ code: exit as number, stdout, stderr }))
  return { child, ended, ready: once(child.stdout, 'data') }
}

describe('stay', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('prints one line when ready and ends cleanly at %s', async (signal) => {
    const { child, ended, ready } = start("start: async () => 'up'")
    await ready
    child.kill(signal)
    const { code, stdout, stderr } = await ended
    expect(code).toBe(0)
    expect(stdout).toBe('{"v":1,"ready":true,"is":"up"}\n')
    expect(stderr).toBe('making\nstopping ...\ncleaned up\nbye\n')
  })

  it('ends when somebody asks it to, quietly under --quiet', async () => {
    const { ended } = start("start: async () => 'up', stopRequested: Promise.resolve()", '{ quiet: true }')
    expect(await ended).toEqual({ code: 0, stdout: 'welcome up\n', stderr: '' })
  })

  it('cleans up and exits with 130 when interrupted before it is ready', async () => {
    const { child, ended } = start('start: () => never')
    await once(child.stderr as NodeJS.ReadableStream, 'data')
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toContain('cleaned up')
  })

  it('explains why it could not start, after cleaning up', async () => {
    const { ended } = start("start: async () => { throw new Error('no room') }")
    const { code, stdout, stderr } = await ended
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { message: 'no room' } })
    expect(stderr).toContain('cleaned up')
    expect(stderr).toContain('koinon: no room')
  })
})
