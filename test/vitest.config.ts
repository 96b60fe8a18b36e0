import { endToEnd } from './harness/end-to-end.ts'

/** What takes minutes of epochs runs on the grounds of the long suite only. */
export default endToEnd('embedded', ['e2e/**/*.slow.e2e.test.ts'])
