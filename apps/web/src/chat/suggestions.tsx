const questions = [
  'What is a subnet?',
  'How do I earn with my GPU?',
  'How can I check an answer?',
  'What does an answer cost?',
] as const

/** First questions, one tap each. */
export function Suggestions(props: { readonly isReady: boolean; readonly onPick: (question: string) => void }) {
  return (
    <ul className="suggestions" aria-label="Suggested first questions">
      {questions.map((question) => (
        <li key={question}>
          <button type="button" disabled={!props.isReady} onClick={() => props.onPick(question)}>
            {question}
            <span aria-hidden="true">→</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
