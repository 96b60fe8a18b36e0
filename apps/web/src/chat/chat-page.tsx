import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useApp, useNetwork } from '../app-context.ts'
import { Composer } from './composer.tsx'
import { KeyForm } from './key-form.tsx'
import { Suggestions } from './suggestions.tsx'
import { isRunning } from './turn.ts'
import { TurnView } from './turn-view.tsx'

/** Ask, watch the answer come, see who gave it and what it cost, check its receipt. */
export function ChatPage() {
  const { conversation, signIn, useKey } = useApp()
  const turns = useSyncExternalStore(conversation.subscribe, conversation.turns)
  const view = useNetwork()
  const [chosenModel, setChosenModel] = useState('default')
  const models = view.network?.models ?? []
  // A model can go away while it is chosen; the network's default never does.
  const model = models.some((one) => one.id === chosenModel) ? chosenModel : 'default'
  const running = isRunning(turns.at(-1))
  const end = useRef<HTMLDivElement>(null)
  const questions = turns.length
  useEffect(() => {
    if (questions > 0) end.current?.scrollIntoView({ block: 'end' })
  }, [questions])
  const announcement = useMemo(() => announce(turns.at(-1)), [turns])
  const { apiKey } = signIn
  const send = (question: string): void => {
    if (apiKey !== undefined) void conversation.ask(question, { apiKey, model })
  }
  return (
    <div className="chat">
      <p className="visually-hidden" role="status" aria-live="polite">
        {announcement}
      </p>
      {turns.length === 0 ? (
        <section className="welcome">
          <p className="eyebrow">Answered by machines that belong to many people</p>
          <h1>Ask the network.</h1>
          <p className="lead">
            Every answer comes with a signed receipt: who gave it, what it cost, and what was checked. You can check it
            yourself, in this page.
          </p>
          {apiKey === undefined && !signIn.isLoading ? <KeyForm onKey={useKey} /> : <Suggestions onPick={send} />}
        </section>
      ) : (
        <>
          <div className="chat-top">
            <h1>Chat</h1>
            <button type="button" className="button button-small" onClick={() => conversation.clear()}>
              New conversation
            </button>
          </div>
          <div className="turns" role="log" aria-label="Conversation" aria-live="off">
            {turns.map((turn) => (
              <TurnView
                key={turn.key}
                turn={turn}
                onAgain={() => {
                  const question = conversation.takeBack(turn.key)
                  if (question !== undefined) send(question)
                }}
              />
            ))}
          </div>
          {apiKey === undefined && !signIn.isLoading ? <KeyForm onKey={useKey} /> : null}
        </>
      )}
      <div ref={end} />
      <Composer
        models={models}
        model={model}
        onModel={setChosenModel}
        isRunning={running}
        isReady={apiKey !== undefined}
        onSend={send}
        onStop={() => conversation.stop()}
      />
    </div>
  )
}

/** What a screen reader is told: beginnings and ends, the answer once it is whole, never single words. */
function announce(turn: Parameters<typeof isRunning>[0]): string {
  if (turn === undefined) return ''
  if (turn.state === 'asking') return 'The question was sent.'
  if (turn.state === 'streaming') return 'The answer is coming.'
  if (turn.state === 'done') return `${turn.unsure ? 'The model is unsure. ' : ''}Answer: ${turn.answer}`
  if (turn.state === 'stopped') return 'Stopped.'
  return ''
}
