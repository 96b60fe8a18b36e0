const questions = [
  'What is a subnet?',
  'How do I earn with my GPU?',
  'How can I check an answer?',
  'What does an answer cost?',
] as const

/** First questions, one tap each. */
export function Suggestions({ onPick }: { readonly onPick: (question: string) => void }) {
  return (
    <ul className="suggestions" aria-label="Suggested first questions">
      {questions.map((question) => (
        <li key={question}>
          <button type="button" onClick={() => onPick(question)}>
            {question}
            <span aria-hidden="true">→</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
