import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

// The programs that tests start take their modules from where `koinon` keeps them, stripped and compiled.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '.node', 'compile-cache')

export default defineConfig({
  test: {
    include: [
      'packages/**/*.test.ts',
      'apps/**/*.test.{ts,tsx}',
      'models/**/*.test.ts',
      'subnets/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.long.test.ts'],
    globalSetup: ['scripts/shared-test-folder.mjs'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // One process serves many files: loading the same modules for each again took half of the time. Tests leave no state in modules.
    isolate: false,
    maxWorkers: 3,
  },
})
