// Applies the stored theme before the first paint; a file of its own because the page's policy forbids inline scripts.
try {
  const theme = localStorage.getItem('koinon.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden: the system's theme applies.
}
