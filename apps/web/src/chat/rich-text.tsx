import { Fragment, type ReactNode } from 'react'

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
            <li key={item}>{inlineOf(line.slice(2))}</li>
          ))}
        </ul>
      ) : (
        <p key={index}>{inlineOf(paragraph.trim())}</p>
      )
    })
}

function inlineOf(text: string): readonly ReactNode[] {
  return text.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/).map((part, index) => {
    if (part.startsWith('`') && part.endsWith('`') && part.length > 2)
      return <code key={index}>{part.slice(1, -1)}</code>
    if (part.startsWith('**') && part.endsWith('**') && part.length > 4)
      return <strong key={index}>{part.slice(2, -2)}</strong>
    return part
  })
}
