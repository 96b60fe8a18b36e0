import { endToEnd } from './harness/end-to-end.ts'

export default endToEnd('anvil')
