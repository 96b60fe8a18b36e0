import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What waits for the network to get older comes last. */
const patient = /\/epochs\./

/** Files in the order of their names, but those that wait for epochs at the end, when some have gone by. */
export class FileNameSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): string => `${patient.test(moduleId) ? 1 : 0}${moduleId}`
    return [...files].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
  }
}
