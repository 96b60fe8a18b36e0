/** What was sold over HTTP, as receipts of kind `http` state it. */
import { defineStruct } from '@koinon/base'

/** Work of a paid HTTP call: its status and the length of its answer in bytes. */
export const httpCallType = defineStruct('KoinonHttpCall', {
  method: 'string',
  url: 'string',
  status: 'uint16',
  answerBytes: 'uint53',
})
