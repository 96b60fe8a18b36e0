import { Component, type ReactNode } from 'react'

/** Keeps the rest of the page alive when one part cannot be drawn, and says so. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly problem?: string }> {
  override state: { readonly problem?: string } = {}

  static getDerivedStateFromError(error: unknown): { readonly problem: string } {
    return { problem: error instanceof Error ? error.message : String(error) }
  }

  override render(): ReactNode {
    if (this.state.problem === undefined) return this.props.children
    return (
      <section className="notice notice-fail" role="alert">
        <h1>This page could not be drawn</h1>
        <p>The gateway's answer was not what this page expects: {this.state.problem}</p>
        <p>
          <button type="button" className="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        </p>
      </section>
    )
  }
}
