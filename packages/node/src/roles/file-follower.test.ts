import { sleep } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import type { VersionFile } from './epoch-files.ts'
import { FileFollower } from './file-follower.ts'

const version = (byte: string): VersionFile => ({
  path: `${byte}.ts`,
  file: { fileName: `${byte}.ts`, source: '' },
  specHash: `0x${byte.repeat(32)}`,
  sourceHash: `0x${byte.repeat(32)}`,
  // A follower looks at none of it.
  description: {} as VersionFile['description'],
})
const [first, second] = [version('11'), version('22')]

/** A follower, what happened in order, and what is wanted next. */
async function following(open?: (file: VersionFile) => void) {
  const events: string[] = []
  const state: { wanted: VersionFile | undefined } = { wanted: first }
  const follower = await FileFollower.open(
    {
      wanted: async () => state.wanted,
      open: async (file) => {
        open?.(file)
        events.push(`open ${file.path}`)
        return {
          start: () => void events.push(`start ${file.path}`),
          stop: async () => void events.push(`stop ${file.path}`),
        }
      },
      pollMs: 1,
      onChanged: ({ path }) => void events.push(`now ${path}`),
      onError: (error) => void events.push(`failed ${(error as Error).message}`),
    },
    first,
  )
  const until = async (event: string): Promise<void> => {
    for (let waited = 0; waited < 5_000 && !events.includes(event); waited++) await sleep(1)
    expect(events).toContain(event)
  }
  return { follower, events, state, until }
}

describe('a file follower', () => {
  it('ends what runs by the old file before it begins with the new one', async () => {
    const { follower, events, state, until } = await following()
    follower.start()
    state.wanted = second
    await until('now 22.ts')
    await follower.stop()
    expect(events).toEqual([
      ...['open 11.ts', 'start 11.ts', 'open 22.ts', 'stop 11.ts', 'start 22.ts', 'now 22.ts', 'stop 22.ts'],
    ])
  })

  it('keeps what runs while nothing else is known or can be opened, and tries again', async () => {
    let failures = 2
    const { follower, events, state, until } = await following(({ path }) => {
      if (path === '22.ts' && failures-- > 0) throw new Error('no memory')
    })
    follower.start()
    state.wanted = undefined
    await sleep(10)
    expect(events).toEqual(['open 11.ts', 'start 11.ts'])
    state.wanted = second
    await until('now 22.ts')
    expect(events.filter((event) => event === 'failed no memory')).toHaveLength(2)
    expect(events.indexOf('stop 11.ts')).toBeGreaterThan(events.indexOf('open 22.ts'))
    await follower.stop()
  })
})
