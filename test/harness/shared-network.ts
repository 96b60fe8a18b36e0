/** One network for the whole end-to-end stage: suites that do not stop it share it, and epochs go by meanwhile. */
import { readFileSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { embeddedGround, type Ground, type GroundName, openGround } from './ground.ts'
import { type ReadyLine, TestNetwork } from './network.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    readonly network: ReadyLine
    readonly groundName: GroundName
    readonly ground: Ground
  }
}

/**
 * Starts the network, or takes the one whose ready line stands in the file that KOINON_TEST_NETWORK names: while a suite is being
 * written, `koinon up --json > FILE` saves its start.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const file = process.env['KOINON_TEST_NETWORK']
  if (file !== undefined) {
    project.provide('network', JSON.parse(readFileSync(file, 'utf8')) as ReadyLine)
    project.provide('ground', embeddedGround)
    return undefined
  }
  const { ground, close } = await openGround(project.getProvidedContext().groundName)
  const network = new TestNetwork([], ground)
  project.provide('ground', ground)
  try {
    project.provide('network', await network.start())
  } catch (error) {
    await network.dispose()
    await close()
    throw error
  }
  return async () => {
    try {
      const exit = await network.stop()
      if (exit !== 0) throw new Error(`the shared network ended with ${exit}\n${network.group.stderr}`)
    } finally {
      await network.dispose()
      await close()
    }
  }
}
