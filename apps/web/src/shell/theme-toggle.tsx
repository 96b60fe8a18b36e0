import { useState } from 'react'

type Theme = 'system' | 'light' | 'dark'
const next: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' }
const symbols: Readonly<Record<Theme, string>> = { system: '◐', light: '☼', dark: '☾' }

/** Goes round: as the system, light, dark. Applied before the first paint by `public/theme.js`. */
export function ThemeToggle() {
  const [theme, setTheme] = useState<Theme>(() => {
    const stored = document.documentElement.dataset['theme']
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  })
  const change = (): void => {
    const chosen = next[theme]
    setTheme(chosen)
    if (chosen === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = chosen
    try {
      if (chosen === 'system') localStorage.removeItem('koinon.theme')
      else localStorage.setItem('koinon.theme', chosen)
    } catch {
      // The choice then lasts until the page is closed.
    }
  }
  return (
    <button
      type="button"
      className="theme-toggle"
      onClick={change}
      aria-label={`Theme: ${theme}. Change to ${next[theme]}`}
    >
      <span aria-hidden="true">{symbols[theme]}</span>
    </button>
  )
}
