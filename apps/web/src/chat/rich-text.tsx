import { Fragment, type ReactNode } from 'react'
import { InlineText } from '../ui/inline-text.tsx'

/**
 * Draws the little Markdown that models write: fenced code, inline code, bold, list items. Text only: nothing in an answer can become
 * a link, an image or markup.
 */
export function RichText({ text }: { readonly text: string }) {
  const parts = text.split(/^```[^\n]*\n?/m)
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 1 ? (
          <pre key={index} tabIndex={0} aria-label="Code">
            <code>{part.replace(/\n$/, '')}</code>
          </pre>
        ) : (
          <Fragment key={index}>{paragraphsOf(part)}</Fragment>
        ),
      )}
    </>
  )
}

function paragraphsOf(text: string): readonly ReactNode[] {
  return text
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph, index) => {
      const lines = paragraph.trim().split('\n')
      return lines.every((line) => /^[-*] /.test(line)) ? (
        <ul key={index}>
          {lines.map((line, item) => (
            <li key={item}>
              <InlineText text={line.slice(2)} />
            </li>
          ))}
        </ul>
      ) : (
        <p key={index}>
          <InlineText text={paragraph.trim()} />
        </p>
      )
    })
}
