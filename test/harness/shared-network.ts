/** One network for the whole end-to-end stage: suites that do not stop it share it, and epochs go by meanwhile. */
import type { TestProject } from 'vitest/node'
import { type ReadyLine, TestNetwork } from './network.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    readonly network: ReadyLine
    /** When the network was ready, Unix milliseconds. */
    readonly readyAtMs: number
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const network = new TestNetwork()
  project.provide('network', await network.start())
  project.provide('readyAtMs', Date.now())
  return async () => {
    try {
      const exit = await network.stop()
      if (exit !== 0) throw new Error(`the shared network ended with ${exit}\n${network.group.stderr}`)
    } finally {
      await network.dispose()
    }
  }
}
