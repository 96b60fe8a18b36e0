import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files in the order of their names, so that the suite that waits for paid epochs comes when there are some. */
export class FileNameSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1))
  }
}
