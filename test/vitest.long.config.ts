import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { FileNameSequencer } from './harness/file-name-sequencer.ts'

const minuteMs = 60_000

/** Suites that take minutes to an hour; each starts what it needs itself. */
export default defineConfig({
  test: {
    root: resolve(import.meta.dirname, '..'),
    include: ['test/long/**/*.long.test.ts', 'models/**/*.long.test.ts', 'packages/**/src/**/*.long.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    sequence: { sequencer: FileNameSequencer },
    testTimeout: 60 * minuteMs,
    hookTimeout: 10 * minuteMs,
    teardownTimeout: minuteMs,
  },
})
