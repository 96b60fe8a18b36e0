import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { acquireJournalLock } from './journal-lock.ts'
import { temporaryFolder } from './testing/chain-fixture.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

describe('acquireJournalLock', () => {
  it('names its owner and is gone after release', async () => {
    const { journal, lockPath, folder } = setup()
    const lock = await acquireJournalLock(journal)
    expect(JSON.parse(readFileSync(lockPath, 'utf8')).pid).toBe(process.pid)
    await lock.release()
    await lock.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('refuses a second chain of the same process', async () => {
    const { journal } = setup()
    const lock = await acquireJournalLock(journal)
    await expect(acquireJournalLock(journal)).rejects.toMatchObject({ code: 'chain/journal-locked' })
    await lock.release()
    await (await acquireJournalLock(journal)).release()
  })

  it('refuses while another process lives, and takes over when it was killed', async () => {
    const { journal } = setup()
    const source = `import { acquireJournalLock } from ${JSON.stringify(join(import.meta.dirname, 'journal-lock.ts'))}
      await acquireJournalLock(${JSON.stringify(journal)}); console.log('locked'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await expect(acquireJournalLock(journal)).rejects.toMatchObject({
      code: 'chain/journal-locked',
      details: { pid: child.pid },
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await acquireJournalLock(journal)).release()
  })

  it('takes over a lock whose process id now belongs to somebody else', async () => {
    const { journal, lockPath } = setup()
    writeFileSync(lockPath, JSON.stringify({ pid: 1, processStart: 'another-boot:1', token: 'x' }))
    const lock = await acquireJournalLock(journal)
    expect(JSON.parse(readFileSync(lockPath, 'utf8')).pid).toBe(process.pid)
    await lock.release()
  })

  it('takes over a lock file with nonsense in it', async () => {
    const { journal, lockPath } = setup()
    writeFileSync(lockPath, '{"pid":')
    await (await acquireJournalLock(journal)).release()
    expect(existsSync(lockPath)).toBe(false)
  })

  it('lets one of many win a stale lock', async () => {
    const { journal, lockPath, folder } = setup()
    writeFileSync(lockPath, JSON.stringify({ pid: 1, processStart: 'another-boot:1', token: 'x' }))
    const source = `import { acquireJournalLock } from ${JSON.stringify(join(import.meta.dirname, 'journal-lock.ts'))}
      await acquireJournalLock(${JSON.stringify(journal)}).then(() => { console.log('won'); setTimeout(() => {}, 3000) }, () => console.log('refused'))`
    const answers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const [output] = await once(child.stdout, 'data')
        return { child, answer: String(output).trim() }
      }),
    )
    expect(answers.map(({ answer }) => answer).sort()).toEqual(['refused', 'refused', 'refused', 'won'])
    for (const { child } of answers) child.kill('SIGKILL')
    expect(readdirSync(folder).filter((name) => name.includes('stale'))).toEqual([])
  })
})

function setup() {
  const folder = temporaryFolder()
  cleanups.push(folder.remove)
  const journal = join(folder.path, 'chain.journal')
  return { folder: folder.path, journal, lockPath: `${journal}.lock` }
}
