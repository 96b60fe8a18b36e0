import { dirname } from 'node:path'
import { defineConfig } from 'vitest/config'
import { FileNameSequencer } from './file-name-sequencer.ts'
import type { GroundName } from './ground.ts'

/** End-to-end tests against one network that runs for the whole stage; a file at a time, in the order of their names. */
export function endToEnd(groundName: GroundName, exclude: readonly string[] = []): ReturnType<typeof defineConfig> {
  return defineConfig({
    test: {
      name: groundName,
      root: dirname(import.meta.dirname),
      include: ['e2e/**/*.e2e.test.ts'],
      exclude: [...exclude],
      globalSetup: ['harness/shared-network.ts'],
      setupFiles: ['harness/explain-failures.ts'],
      provide: { groundName },
      pool: 'forks',
      maxWorkers: 1,
      fileParallelism: false,
      isolate: true,
      sequence: { sequencer: FileNameSequencer },
      testTimeout: 120_000,
      hookTimeout: 240_000,
      teardownTimeout: 60_000,
    },
  })
}
