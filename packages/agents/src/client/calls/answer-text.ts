import { boundedText, KoinonError } from '@koinon/base'

const mostAnswerBytes = 1 << 20

/** The text of a service's or an agent's answer, at most 1 MiB. Throws `agents/answer-too-large` beyond. */
export function answerText(response: Response): Promise<string> {
  return boundedText(
    response,
    mostAnswerBytes,
    () =>
      new KoinonError({
        code: 'agents/answer-too-large',
        message: `The answer is longer than ${mostAnswerBytes} bytes`,
      }),
  )
}
